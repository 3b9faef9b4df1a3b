// What a program may import from the package `taskfold`: the typed reads of live state, the shapes of what lies in the
// topics, and the names of topics and subjects. Everything else is the command line's, and may change.

import { createLiveReads, type LiveReads } from './read/live-reads.ts';
import { connectRedis } from './redis/connect.ts';

export type * from './domain/messages.generated.ts';
export { OUTCOMES, type Outcome, REJECT_REASONS, type RejectReason } from './domain/outcome.ts';
export { FAILURE_REASONS, type FailureReason, TASK_STATUSES, type TaskStatus } from './domain/task-state.ts';
export type { FleetDocument } from './read/fleet-document.ts';
export type { LiveReads } from './read/live-reads.ts';
export type { PartitionDocument } from './read/partition-document.ts';
export type { EngineDocument, JobDocument, RollUpDocument } from './read/roll-up-document.ts';
export type { IoDocument, TaskDocument } from './read/task-document.ts';
export { type Topology, type TopologyNames, topologyOf } from './topology.ts';

export interface TaskfoldStateOptions {
  /** e.g. `redis://localhost:6379`; user, password and database may stand in it */
  readonly redisUrl: string;
  /** `TASKFOLD_REDIS_PREFIX` of the processors. Default: `taskfold` */
  readonly prefix?: string;
  /** `TASKFOLD_GROUP` of the processors. Default: `taskfold` */
  readonly group?: string;
  /** `TASKFOLD_INPUT_TOPIC` of the processors, for `source` of a task. Default: `task-status` */
  readonly inputTopic?: string;
  /** a read without an answer is given up after this long, ms. Default: 5,000 */
  readonly timeoutMs?: number;
}

/** Live state as dashboards read it, and `close` for its connection to Redis. */
export type TaskfoldState = LiveReads & { close(): void };

/**
 * Opens the live state for reading; it never writes, and needs no Kafka.
 * @throws Error with `code` `service_unavailable` if Redis does not answer within `timeoutMs`
 */
export async function openState(options: TaskfoldStateOptions): Promise<TaskfoldState> {
  const { redisUrl, prefix = 'taskfold', group = 'taskfold', inputTopic = 'task-status', timeoutMs = 5_000 } = options;
  const connection = connectRedis(redisUrl, { name: 'taskfold-reader', commandTimeoutMs: timeoutMs });
  try {
    await connection.ready(timeoutMs);
  } catch (error) {
    connection.close();
    throw error;
  }
  const reads = createLiveReads({ redis: connection.client, prefix, group, topic: inputTopic });
  return { ...reads, close: () => connection.close() };
}
