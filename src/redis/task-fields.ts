// The fields of a task's hash in Redis: a part of the published layout (docs/redis-layout.md).

import { COUNTED_REASONS } from '../domain/roll-up.ts';
import {
  FAILURE_REASONS,
  LIVENESSES,
  PROCESSED_STATS,
  TASK_ACTIONS,
  TASK_STATUSES,
  UNRECOGNIZED,
} from '../domain/task-state.ts';
import { MARKS } from '../domain/update-class.ts';

export interface ScalarField {
  readonly field: string;
  readonly property: string;
  /** `symbol`: one of the contract's, always short; `text`: anything, and maybe long */
  readonly kind: 'text' | 'number' | 'flag' | 'symbol';
  readonly symbols?: readonly string[];
  /** what an absent field means; a field without it is `required` or may be undefined */
  readonly absent?: 0 | false;
  readonly required?: true;
}

const REASONS = [...FAILURE_REASONS, UNRECOGNIZED];

export const SCALARS: readonly ScalarField[] = [
  { field: 'internal_job_id', property: 'internal_job_id', kind: 'text' },
  { field: 'engine_id', property: 'engine_id', kind: 'text' },
  { field: 'work_request_id', property: 'work_request_id', kind: 'text' },
  { field: 'task_route_id', property: 'task_route_id', kind: 'text' },
  { field: 'timestamp', property: 'timestamp', kind: 'number' },
  { field: 'prior_timestamp', property: 'prior_timestamp', kind: 'number' },
  { field: 'failure_reason', property: 'failure_reason', kind: 'symbol', symbols: REASONS },
  { field: 'task_status', property: 'task_status', kind: 'symbol', symbols: TASK_STATUSES },
  { field: 'status_at', property: 'status_at', kind: 'number', required: true },
  { field: 'task_action', property: 'task_action', kind: 'symbol', symbols: [...TASK_ACTIONS, UNRECOGNIZED] },
  { field: 'unrecognized_failure_reason', property: 'unrecognized_failure_reason', kind: 'text' },
  { field: 'unrecognized_task_status', property: 'unrecognized_task_status', kind: 'text' },
  { field: 'unrecognized_task_action', property: 'unrecognized_task_action', kind: 'text' },
  { field: 'attempts', property: 'attempts', kind: 'number', required: true },
  { field: 'completion_requested', property: 'completion_requested', kind: 'flag', absent: false },
  { field: 'error_count', property: 'error_count', kind: 'number' },
  { field: 'retry_count', property: 'retry_count', kind: 'number' },
  { field: 'ios_dropped', property: 'ios_dropped', kind: 'number', absent: 0 },
  { field: 'error_episode.open', property: 'error_episode_open', kind: 'flag', absent: false },
  { field: 'error_episode.failure_reason', property: 'error_episode_reason', kind: 'symbol', symbols: REASONS },
  { field: 'updates.applied', property: 'updates_applied', kind: 'number', required: true },
  { field: 'updates.duplicate', property: 'updates_duplicate', kind: 'number', absent: 0 },
  { field: 'updates.stale', property: 'updates_stale', kind: 'number', absent: 0 },
  { field: 'updates.rejected', property: 'updates_rejected', kind: 'number', absent: 0 },
  { field: 'updates.came_rerouted', property: 'updates_came_rerouted', kind: 'number', absent: 0 },
  { field: 'open_gaps', property: 'open_gaps', kind: 'number', absent: 0 },
  { field: 'job_creations', property: 'job_creations', kind: 'number', absent: 0 },
  { field: 'source.first_offset', property: 'first_offset', kind: 'number', required: true },
  { field: 'source.last_offset', property: 'last_offset', kind: 'number', required: true },
  { field: 'first_update_at', property: 'first_update_at', kind: 'number', required: true },
  { field: 'last_update_at', property: 'last_update_at', kind: 'number', required: true },
  { field: 'liveness', property: 'liveness', kind: 'symbol', symbols: LIVENESSES, required: true },
  { field: 'liveness_at', property: 'liveness_at', kind: 'number', required: true },
  { field: 'lost_before', property: 'lost_before', kind: 'number' },
  { field: 'no_progress_since', property: 'no_progress_since', kind: 'number' },
  { field: 'look_at', property: 'look_at', kind: 'number', required: true },
];
/** The numbers that a task keeps in objects of its own. */
export const NESTED = [
  ...PROCESSED_STATS.map((name) => ({ group: 'processed_stats', name, field: `processed_stats.${name}` }) as const),
  ...MARKS.map((name) => ({ group: 'marks', name, field: `marks.${name}` }) as const),
  ...COUNTED_REASONS.map(
    (name) => ({ group: 'failures_by_reason', name, field: `failures_by_reason.${name}` }) as const,
  ),
];
/** field → its number among the scalars; the nested ones follow behind */
export const FIELD_NUMBERS = new Map([...SCALARS, ...NESTED].map(({ field }, i) => [field, i]));

/** Every field that a task's hash can have. */
export const TASK_FIELDS: readonly string[] = [...FIELD_NUMBERS.keys()];
