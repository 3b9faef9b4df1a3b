// `taskfold/read`: the live state of a fleet, typed, from Redis alone.

import { connectRedis, type RedisTarget } from '../redis/connect.ts';
import { createReads, type Reads } from './reads.ts';

export type { RedisTarget } from '../redis/connect.ts';
export type { AsOf, PartitionAsOf } from './as-of.ts';
export type { ExactCount, FleetDocument } from './fleet-document.ts';
export type { JobPage } from './job-lists.ts';
export { InvalidCursor } from './list-cursor.ts';
export type { PartitionDocument } from './partition-document.ts';
export { NotFoldedInTime, type PageOptions, type Reads } from './reads.ts';
export type { EngineDocument, JobDocument } from './roll-up-document.ts';
export type { IoDocument, LedgerDocument, TaskDocument } from './task-document.ts';
export type { ListSort, TaskFilter } from './task-filter.ts';
export type { TaskPage } from './task-lists.ts';
export type { ListOrder } from './task-order.ts';

export interface OpenReadsOptions extends RedisTarget {
  /** `TASKFOLD_REDIS_PREFIX` of the processors; default `taskfold` */
  readonly prefix?: string;
  /** `TASKFOLD_GROUP`; default `taskfold` */
  readonly group?: string;
  /** `TASKFOLD_INPUT_TOPIC`; default `task-status` */
  readonly topic?: string;
  /** a command without an answer is given up after this long, ms; default 5,000 */
  readonly timeout_ms?: number;
}

export interface OpenedReads extends Reads {
  close(): void;
}

/**
 * Connects, and goes on connecting for ever when Redis goes away; reads reject meanwhile. Needs read rights alone, and EVAL:
 * docs/reading.md names them.
 * @throws Fault service_unavailable where Redis does not answer within five seconds
 */
export async function openReads(options: OpenReadsOptions): Promise<OpenedReads> {
  const { prefix = 'taskfold', group = 'taskfold', topic = 'task-status', timeout_ms, ...target } = options;
  const connection = connectRedis(target, {
    name: 'taskfold-read',
    ...(timeout_ms === undefined ? {} : { commandTimeoutMs: timeout_ms }),
  });
  try {
    await connection.ready(5_000);
  } catch (error) {
    connection.close();
    throw error;
  }
  return { ...createReads({ redis: connection.client, prefix, group, topic }), close: () => connection.close() };
}
