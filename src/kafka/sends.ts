// Cuts the messages of a transaction into sends. kafkajs puts all messages of one send that go to one partition into one
// record batch, and a broker refuses a batch above its limit: the same transaction would then fail for ever.

import { CompressionTypes, type Message, type TopicMessages } from 'kafkajs';
import type { OutgoingMessage } from '../pipeline/ports.ts';
import { compressionType, type Packing } from './packing.ts';

/** bytes of one topic's messages in one send, and so at most of one batch; a single larger message goes alone */
export const SEND_BYTES_MAX = 500_000;
/** bytes from which a send is packed: below, packing costs more than it saves */
const PACK_BYTES_MIN = 100_000;
/** what a record takes besides its fields, at most */
const RECORD_ROOM_BYTES = 64;

export interface Send {
  readonly topicMessages: TopicMessages[];
  readonly compression: CompressionTypes;
}

/** In order: within a topic, messages of an earlier send come first. @param packing of sends that are worth it */
export function cutIntoSends(messages: readonly OutgoingMessage[], packing: Packing = 'gzip'): Send[] {
  const sends: Send[] = [];
  let topics = new Map<string, { messages: Message[]; bytes: number }>();
  const close = () => {
    if (topics.size === 0) return;
    const bytes = Math.max(...[...topics.values()].map((topic) => topic.bytes));
    sends.push({
      topicMessages: [...topics].map(([topic, { messages }]) => ({ topic, messages })),
      compression: bytes >= PACK_BYTES_MIN ? compressionType(packing) : CompressionTypes.None,
    });
    topics = new Map();
  };
  for (const message of messages) {
    const bytes = bytesOf(message);
    const known = topics.get(message.topic);
    if (known !== undefined && known.bytes + bytes > SEND_BYTES_MAX) close();
    let topic = topics.get(message.topic);
    if (topic === undefined) {
      topic = { messages: [], bytes: 0 };
      topics.set(message.topic, topic);
    }
    topic.bytes += bytes;
    topic.messages.push(toKafkajs(message));
  }
  close();
  return sends;
}

function toKafkajs({ partition, key, value, headers }: OutgoingMessage): Message {
  return { key, value, headers: headers as Message['headers'] & {}, ...(partition === undefined ? {} : { partition }) };
}

function bytesOf({ key, value, headers }: OutgoingMessage): number {
  let bytes = RECORD_ROOM_BYTES + (key?.length ?? 0) + (value?.length ?? 0);
  for (const name of Object.keys(headers)) {
    const values = headers[name]!;
    for (const one of Array.isArray(values) ? values : [values]) bytes += 10 + name.length * 3 + one.length;
  }
  return bytes;
}
