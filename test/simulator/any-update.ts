// What the engines of a simulated world say of a task: few intervals and work requests, so that posts contain, repeat and
// overtake each other.

import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import type { Schedule } from './schedule.ts';

/** @param number of the update in its world: it makes some of the texts unlike each other */
export function anyUpdate(schedule: Schedule, task: string, number: number): TaskStatusDetail {
  const prior = 100 + 5 * schedule.below(6);
  return {
    internal_task_id: task,
    internal_job_id: `job-${schedule.below(2)}`,
    work_request_id: `wr-${schedule.below(3)}`,
    // Some name none.
    prior_timestamp: schedule.chance(0.1) ? null : prior,
    timestamp: prior + 5 * schedule.below(3),
    error_count: schedule.chance(0.3) ? schedule.below(3) : null,
    processed_stats: { processed_chunks: schedule.below(4) },
    inputs: [{ id: 'in', processed_count: schedule.below(5), processed_total_count: schedule.below(50) }],
    task_status: ['running', 'running', 'failed', 'complete', 'reprocessing'][schedule.below(5)]!,
    error_details: schedule.chance(0.2) ? '[{"id":"e","msg":"broken"}]' : null,
    task_output: schedule.chance(0.1) ? `{"n":${number}}` : null,
    create_jobs_action: schedule.chance(0.15) ? [{ payload_json: `{"n":${number}}`, token: 'secret' }] : null,
  };
}
