// Kafka's OffsetFetch request, version 7 (brokers from 2.5 to 4.x): offsets that a group has committed. Version 7, which
// kafkajs does not have, can ask for stable offsets only: a broker that is still ending a transaction says so then,
// instead of giving the offset from before.

import type { WireRequest } from './kafkajs-internals.ts';
import { WireReader, WireWriter } from './wire.ts';

export interface CommittedOffset {
  readonly partition: number;
  readonly errorCode: number;
  /** null: none is committed */
  readonly offset: number | null;
  readonly metadata: string;
}

export interface CommittedOffsets {
  readonly errorCode: number;
  readonly partitions: readonly CommittedOffset[];
}

const API_OFFSET_FETCH = 9;

export function offsetFetchRequest(
  group: string,
  topic: string,
  partitions: readonly number[],
  requireStable: boolean,
): WireRequest<CommittedOffsets> {
  return {
    request: {
      apiKey: API_OFFSET_FETCH,
      apiVersion: 7,
      apiName: 'OffsetFetch',
      encode: async () => {
        // The first byte ends the request's head, which has tagged fields in flexible versions.
        const body = new WireWriter().noTags().compactString(group);
        body
          .uvarint(2)
          .compactString(topic)
          .uvarint(partitions.length + 1);
        for (const partition of partitions) body.int32(partition);
        return body
          .noTags()
          .int8(requireStable ? 1 : 0)
          .noTags()
          .payload();
      },
    },
    response: { decode: async (bytes) => decode(new WireReader(bytes)), parse: async (answer) => answer },
  };
}

function decode(answer: WireReader): CommittedOffsets {
  answer.skipTags(); // of the answer's head
  answer.int32(); // throttle time
  const partitions: CommittedOffset[] = [];
  for (let topics = answer.uvarint() - 1; topics > 0; topics--) {
    answer.compactString();
    for (let count = answer.uvarint() - 1; count > 0; count--) {
      const partition = answer.int32();
      const offset = answer.int64();
      answer.int32(); // leader epoch
      const metadata = answer.compactString() ?? '';
      const errorCode = answer.int16();
      answer.skipTags();
      partitions.push({ partition, errorCode, offset: offset < 0 ? null : offset, metadata });
    }
    answer.skipTags();
  }
  return { errorCode: answer.int16(), partitions };
}
