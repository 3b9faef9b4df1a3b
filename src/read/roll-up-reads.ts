// Jobs and engines over all partitions: one by its id, or all in the order of their ids, page by page in bounded memory.

import type { RollUpKind } from '../domain/roll-up.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import { readIds, readShares } from '../redis/roll-up-reads.ts';
import type { RunScript } from '../redis/scripts.ts';
import type { SlotKeys } from '../redis/slot-keys.ts';
import { type PartitionShare, type RollUpDocument, rollUpDocument } from './roll-up-document.ts';

/** Ids of one partition that are looked at in one step. */
const PAGE = 200;

type Document<Kind extends RollUpKind> = { [field in Kind]: string } & RollUpDocument;

export interface RollUpReads {
  /** null: no partition has a share of it */
  readOne<Kind extends RollUpKind>(kind: Kind, id: string): Promise<Document<Kind> | null>;
  /** Those of these ids that some partition has a share of, by id. */
  readMany<Kind extends RollUpKind>(kind: Kind, ids: readonly string[]): Promise<Map<string, Document<Kind>>>;
  /** Ids of the job's tasks in one partition, in the order of their bytes, in pages. */
  tasksOf(internal_job_id: string, partition: number): AsyncGenerator<string[]>;
  /** Behind the id `after`, if it is given. Each is exact at the moment of its own reading. */
  stream<Kind extends RollUpKind>(kind: Kind, after: string | null): AsyncGenerator<Document<Kind>>;
}

export function createRollUpReads(
  redis: RedisClient,
  run: RunScript,
  keysOf: (partition: number) => SlotKeys,
  readPartitionCount: () => Promise<number | null>,
): RollUpReads {
  async function partitions(): Promise<number[]> {
    return Array.from({ length: (await readPartitionCount()) ?? 0 }, (_, partition) => partition);
  }

  /** The shares of some ids, by id and in the order of the partitions. @param wanted the ids to be asked for, by partition */
  async function readSome(kind: RollUpKind, wanted: ReadonlyMap<number, readonly string[]>) {
    const found = new Map<string, PartitionShare[]>();
    const reads = [...wanted].map(async ([partition, ids]) => {
      return { partition, ids, ...(await readShares(run, keysOf(partition), kind, ids)) };
    });
    for (const { partition, ids, watermark, log_time, shares } of await Promise.all(reads)) {
      for (const [i, id] of ids.entries()) {
        const share: PartitionShare = { partition, watermark, log_time, share: shares[i]! };
        found.set(id, [...(found.get(id) ?? []), share]);
      }
    }
    return found;
  }

  async function readMany<Kind extends RollUpKind>(kind: Kind, ids: readonly string[]) {
    const distinct = [...new Set(ids)];
    const found = await readSome(kind, new Map((await partitions()).map((partition) => [partition, distinct])));
    const documents = distinct.map((id) => [id, rollUpDocument(kind, id, found.get(id) ?? [])] as const);
    return new Map(documents.flatMap(([id, document]) => (document === null ? [] : [[id, document] as const])));
  }

  return {
    readMany,

    async readOne(kind, id) {
      return (await readMany(kind, [id])).get(id) ?? null;
    },

    async *tasksOf(internal_job_id, partition) {
      const index = keysOf(partition).jobTasks(internal_job_id);
      for (let after: string | null = null; ; ) {
        const ids = await readIds(redis, index, after, PAGE);
        yield ids;
        if (ids.length < PAGE) return;
        after = ids.at(-1)!;
      }
    },

    async *stream(kind, from) {
      const all = await partitions();
      for (let after = from; ; ) {
        const pages = await Promise.all(all.map((one) => readIds(redis, keysOf(one).rollUps[kind], after, PAGE)));
        // A partition whose page is full may have more ids right behind it: nothing beyond is complete yet.
        const ends = pages.filter((page) => page.length === PAGE).map((page) => page.at(-1)!);
        const end = ends.sort(compareBytes)[0];
        const complete = (id: string) => end === undefined || compareBytes(id, end) <= 0;
        const wanted = new Map(all.map((partition, i) => [partition, pages[i]!.filter(complete)]));
        const found = await readSome(kind, wanted);
        for (const id of [...found.keys()].sort(compareBytes)) {
          const document = rollUpDocument(kind, id, found.get(id)!);
          if (document !== null) yield document;
        }
        if (end === undefined) return;
        after = end;
      }
    },
  };
}

/** The order of the indexes in Redis. */
function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
