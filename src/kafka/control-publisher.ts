// Sends control records, one to each partition that it is told. A record that arrives twice is obeyed once, so a send whose
// answer was lost is simply repeated.

import { createKafka, type KafkaConnection, type KafkaLog } from './connection.ts';
import { createKeyPartitioner } from './key-partitioner.ts';

export interface ControlPublisher {
  /** Answers the offset of the record once the broker has it. @throws kafkajs' own error where it stays away or refuses */
  send(partition: number, value: Buffer, headers: Readonly<Record<string, string>>): Promise<number>;
  close(): Promise<void>;
}

/** ms that the broker waits for its followers */
const ACK_TIMEOUT_MS = 10_000;

export async function openControlPublisher(
  connection: KafkaConnection,
  topic: string,
  log: KafkaLog,
): Promise<ControlPublisher> {
  const producer = createKafka(connection, 'write', log).producer({
    allowAutoTopicCreation: false,
    createPartitioner: createKeyPartitioner,
    maxInFlightRequests: 1,
  });
  await producer.connect();
  return {
    async send(partition, value, headers) {
      const messages = [{ partition, key: null, value, headers: { ...headers } }];
      const [answer] = await producer.send({ topic, messages, acks: -1, timeout: ACK_TIMEOUT_MS });
      return Number(answer?.baseOffset ?? -1);
    },
    close: () => producer.disconnect(),
  };
}
