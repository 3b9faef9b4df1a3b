// Kafka's ListOffsets request, version 2 (brokers from 0.11 to 4.x): where a partition's log begins and ends.

import type { WireRequest } from './kafkajs-internals.ts';
import { WireReader, WireWriter } from './wire.ts';

/** `end`: the high watermark; `stable`: the end that a read-committed reader sees. */
export type OffsetPoint = 'start' | 'end' | 'stable';

export interface OffsetsAnswer {
  readonly partitions: readonly { partition: number; errorCode: number; offset: number }[];
}

const API_LIST_OFFSETS = 2;
const EARLIEST = -2;
const LATEST = -1;

export function listOffsetsRequest(
  topic: string,
  partitions: readonly number[],
  point: OffsetPoint,
): WireRequest<OffsetsAnswer> {
  return {
    request: {
      apiKey: API_LIST_OFFSETS,
      apiVersion: 2,
      apiName: 'ListOffsets',
      encode: async () => {
        const body = new WireWriter().int32(-1).int8(point === 'stable' ? 1 : 0);
        body.int32(1).string(topic).int32(partitions.length);
        for (const partition of partitions) body.int32(partition).int64(point === 'start' ? EARLIEST : LATEST);
        return body.payload();
      },
    },
    response: { decode: async (bytes) => decode(new WireReader(bytes)), parse: async (answer) => answer },
  };
}

function decode(answer: WireReader): OffsetsAnswer {
  answer.int32(); // throttle time
  const partitions: { partition: number; errorCode: number; offset: number }[] = [];
  for (let topics = answer.int32(); topics > 0; topics--) {
    answer.string();
    for (let count = answer.int32(); count > 0; count--) {
      const partition = answer.int32();
      const errorCode = answer.int16();
      answer.int64(); // time
      partitions.push({ partition, errorCode, offset: answer.int64() });
    }
  }
  return { partitions };
}
