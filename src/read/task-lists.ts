// Lists of tasks, page by page, from the indexes of the slots.

import { faultsOf } from '../redis/connect.ts';
import type { RedisClient } from '../redis/redis-target.ts';
import type { RunScript } from '../redis/scripts.ts';
import type { SlotKeys } from '../redis/slot-keys.ts';
import { readTaskRows } from '../redis/slot-reads.ts';
import { type TaskDocument, taskDocument } from './task-document.ts';

export interface TaskFilter {
  readonly task_status?: string | undefined;
  readonly engine_id?: string | undefined;
  readonly internal_job_id?: string | undefined;
  readonly failure_reason?: string | undefined;
  readonly liveness?: string | undefined;
  readonly drifted?: boolean | undefined;
  /** log time of the last update, UTC epoch milliseconds: at or after, and before */
  readonly updated_from?: number | undefined;
  readonly updated_to?: number | undefined;
}

export interface TaskPage {
  readonly tasks: TaskDocument[];
  readonly total?: number;
  readonly next_cursor?: string;
}

/** Tasks that are looked at for one page. */
const LOOKED_AT_MAX = 2_000;
const STEP = 200;

export function createTaskLists(
  redis: RedisClient,
  run: RunScript,
  keysOf: (partition: number) => SlotKeys,
  topic: string,
  readPartitionCount: () => Promise<number | null>,
) {
  return {
    async page(filter: TaskFilter, limit: number, cursor: string | undefined): Promise<TaskPage> {
      const count = (await readPartitionCount()) ?? 0;
      let [partition, rank] = cursor === undefined ? [0, 0] : (cursor.split('-').map(Number) as [number, number]);
      const tasks: TaskDocument[] = [];
      let looked = 0;
      while (partition < count && tasks.length < limit && looked < LOOKED_AT_MAX) {
        const keys = keysOf(partition);
        const index = filter.liveness === 'silent' ? keys.silent : keys.looks;
        const ids = await faultsOf(`reading ${index}`, redis.zrange(index, rank, String(rank + STEP - 1)));
        const { tasks: rows } = await readTaskRows(run, keys, ids);
        for (const row of rows) {
          rank++;
          looked++;
          const document = row && taskDocument(row, [], undefined, { topic, partition });
          if (document && isChosen(document, filter)) tasks.push(document);
          if (tasks.length >= limit) break;
        }
        if (ids.length < STEP && tasks.length < limit) [partition, rank] = [partition + 1, 0];
      }
      return { tasks, ...(partition < count ? { next_cursor: `${partition}-${rank}` } : {}) };
    },
  };
}

function isChosen(task: TaskDocument, filter: TaskFilter): boolean {
  const { task_status, engine_id, internal_job_id, failure_reason, liveness, drifted } = filter;
  if (task_status !== undefined && (task.task_status ?? 'unreported') !== task_status) return false;
  if (engine_id !== undefined && task.engine_id !== engine_id) return false;
  if (internal_job_id !== undefined && task.internal_job_id !== internal_job_id) return false;
  if (failure_reason !== undefined && task.failure_reason !== failure_reason) return false;
  if (liveness !== undefined && task.liveness !== liveness) return false;
  if (drifted !== undefined && (task.ledger.drifted_ios !== undefined) !== drifted) return false;
  if (filter.updated_from !== undefined && task.last_update_at < filter.updated_from) return false;
  return filter.updated_to === undefined || task.last_update_at < filter.updated_to;
}
