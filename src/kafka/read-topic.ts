// All committed records of a topic up to its present end, for work that looks back: `verify`, `why`, exports.

import type { Kafka } from 'kafkajs';
import type { InputRecord } from '../pipeline/ports.ts';
import { ClusterLink } from './cluster-link.ts';
import { fetchRounds } from './fetch-rounds.ts';
import { RecordSetReader } from './record-set-reader.ts';

export interface ReadTopicOptions {
  readonly topic: string;
  /** all of the topic's unless told */
  readonly partitions?: readonly number[];
  /** first offsets by partition; where there is none, and where the log begins later, the log's start */
  readonly from?: ReadonlyMap<number, number>;
  /** by partition, the first offset that is not wanted; where there is none, and where the log ends before, the log's end */
  readonly to?: ReadonlyMap<number, number>;
  /** offsets passed and to pass, after each chunk */
  onProgress?(progress: { done: number; total: number }): void;
}

/** Records of one partition, in order of offset. All up to `position` have been given then. */
export interface TopicChunk {
  readonly partition: number;
  readonly records: readonly InputRecord[];
  readonly position: number;
  /** where reading of this partition ends: where it was told to, or the log's end when it began */
  readonly end: number;
}

/** records in one chunk */
const CHUNK_RECORDS_MAX = 10_000;
/** ms; longer than a dead owner's open transaction can last */
const STALL_MS_MAX = 60_000;

/**
 * Reads to the log's end as it is now, or to where it is told. Transactions that are open there are waited for, a minute at most: what they
 * wrote before now is given if they commit.
 * @throws Fault history_gone if retention overtakes the reading; service_unavailable
 */
export async function* readTopic(kafka: Kafka, options: ReadTopicOptions): AsyncGenerator<TopicChunk, void, undefined> {
  const link = new ClusterLink(kafka, options.topic);
  try {
    const partitions = options.partitions ?? [...Array(await link.partitionCount()).keys()];
    const ends = await link.offsets(partitions, 'end');
    const to = new Map(
      partitions.map((p) => [p, Math.min(ends.get(p)!, options.to?.get(p) ?? Number.POSITIVE_INFINITY)]),
    );
    const starts = await link.offsets(partitions, 'start');
    const from = new Map(partitions.map((p) => [p, Math.max(starts.get(p)!, options.from?.get(p) ?? 0)]));
    const total = partitions.reduce((sum, p) => sum + Math.max(0, to.get(p)! - from.get(p)!), 0);
    let done = 0;
    const stretch = { from, to, isolation: 'committed', gone: 'throw', stallMsMax: STALL_MS_MAX } as const;
    for await (const sets of fetchRounds(link, stretch)) {
      for (const set of sets) {
        const { partition } = set;
        const end = to.get(partition)!;
        const reader = new RecordSetReader(set.bytes, partition, set.from, set.aborted);
        while (!reader.exhausted) {
          const before = reader.position;
          const read: InputRecord[] = [];
          reader.read(read, CHUNK_RECORDS_MAX);
          // A fetched set may reach beyond the end that was fixed.
          const records = read.length > 0 && read.at(-1)!.offset >= end ? read.filter((r) => r.offset < end) : read;
          done += Math.min(reader.position, end) - Math.min(before, end);
          if (records.length > 0) yield { partition, records, position: Math.min(reader.position, end), end };
          options.onProgress?.({ done, total });
        }
      }
    }
  } finally {
    await link.close();
  }
}
