// Kafka's Fetch request, version 11 (brokers from 2.3 to 4.x): asks one broker for raw record sets of partitions that
// it leads. Errors come back by partition, so one partition in trouble does not cost the others their answer.

import type { WireRequest } from './kafkajs-internals.ts';
import type { AbortedTransaction } from './record-batches.ts';
import { WireReader, WireWriter } from './wire.ts';

export type Isolation = 'committed' | 'uncommitted';

export interface PartitionAsk {
  readonly partition: number;
  readonly offset: number;
  /** bytes of records wanted at most; a single batch above this still comes */
  readonly bytesMax: number;
}

export interface PartitionAnswer {
  readonly partition: number;
  /** 0: none */
  readonly errorCode: number;
  readonly highWatermark: number;
  /** end of what a read-committed reader may see; -1 with an error */
  readonly lastStableOffset: number;
  /** first offset in the log; -1 with an error */
  readonly logStart: number;
  readonly aborted: readonly AbortedTransaction[];
  /** record batches, the last one perhaps cut; a slice of the whole answer */
  readonly records: Buffer;
}

export interface FetchAnswer {
  readonly clientSideThrottleTime: number;
  readonly errorCode: number;
  readonly partitions: readonly PartitionAnswer[];
}

const API_FETCH = 1;

/** @param limits `waitMs`: how long the broker may wait for a first byte */
export function fetchRequest(
  topic: string,
  asks: readonly PartitionAsk[],
  isolation: Isolation,
  limits: { waitMs: number; bytesMax: number },
): WireRequest<FetchAnswer> {
  return {
    request: {
      apiKey: API_FETCH,
      apiVersion: 11,
      apiName: 'Fetch',
      encode: async () => {
        const body = new WireWriter()
          .int32(-1) // a consumer, not a replica
          .int32(limits.waitMs)
          .int32(1)
          .int32(limits.bytesMax)
          .int8(isolation === 'committed' ? 1 : 0)
          .int32(0)
          .int32(-1) // no fetch session
          .int32(1)
          .string(topic)
          .int32(asks.length);
        for (const { partition, offset, bytesMax } of asks) {
          body.int32(partition).int32(-1).int64(offset).int64(-1).int32(bytesMax);
        }
        return body.int32(0).string('').payload();
      },
    },
    response: { decode: async (bytes) => decode(new WireReader(bytes)), parse: async (answer) => answer },
    requestTimeout: limits.waitMs + 10_000,
  };
}

function decode(answer: WireReader): FetchAnswer {
  const clientSideThrottleTime = answer.int32();
  const errorCode = answer.int16();
  answer.int32(); // session
  const partitions: PartitionAnswer[] = [];
  for (let topics = answer.int32(); topics > 0; topics--) {
    answer.string();
    for (let count = answer.int32(); count > 0; count--) {
      const partition = answer.int32();
      const partitionError = answer.int16();
      const highWatermark = answer.int64();
      const lastStableOffset = answer.int64();
      const logStart = answer.int64();
      const aborted: AbortedTransaction[] = [];
      for (let transactions = answer.int32(); transactions > 0; transactions--) {
        aborted.push({ producerId: answer.int64(), firstOffset: answer.int64() });
      }
      answer.int32(); // preferred replica: only told to clients with a rack
      const records = answer.slice(answer.int32());
      partitions.push({
        partition,
        errorCode: partitionError,
        highWatermark,
        lastStableOffset,
        logStart,
        aborted,
        records,
      });
    }
  }
  return { clientSideThrottleTime, errorCode, partitions };
}
