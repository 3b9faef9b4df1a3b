// What the engines of a simulated world publish: posts of few tasks that contain, repeat and overtake each other, some in
// the wrong partition, some that nobody can decode.

import { homeOf } from '../../src/domain/home.ts';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import { WORK_REQUEST_STATUS_HEADER } from '../../src/pipeline/source-header.ts';
import { encodeUpdate, LATE_SCHEMA } from './memory-codec.ts';
import type { MemoryKafka } from './memory-kafka.ts';
import type { Schedule } from './schedule.ts';

/**
 * One update, now and then twice; answers how many records that makes.
 * @param published how many there were before
 */
export function publishUpdates(
  kafka: MemoryKafka,
  schedule: Schedule,
  published: number,
  options: { readonly crowd?: boolean; readonly lateSchemas?: boolean },
): number {
  const task = `task-${schedule.below(options.crowd ? 60 : 5)}`;
  const home = homeOf(task, kafka.partitions);
  const partition = schedule.chance(0.7) ? home : schedule.below(kafka.partitions);
  const prior = 100 + 5 * schedule.below(6);
  const update: TaskStatusDetail = {
    internal_task_id: task,
    internal_job_id: `job-${schedule.below(2)}`,
    engine_id: schedule.chance(0.3) ? null : `engine-${schedule.below(3)}`,
    work_request_id: `wr-${schedule.below(3)}`,
    // Few intervals, so that posts contain, repeat and overtake each other; some name none.
    prior_timestamp: schedule.chance(0.1) ? null : prior,
    timestamp: prior + 5 * schedule.below(3),
    error_count: schedule.chance(0.3) ? schedule.below(3) : null,
    processed_stats: { processed_chunks: schedule.below(4) },
    inputs: [{ id: 'in', processed_count: schedule.below(5), processed_total_count: schedule.below(50) }],
    task_status: ['running', 'running', 'failed', 'complete', 'reprocessing'][schedule.below(5)]!,
    error_details: schedule.chance(0.2) ? '[{"id":"e","msg":"broken"}]' : null,
    task_output: schedule.chance(0.1) ? `{"n":${published}}` : null,
    // Few jobs, so that a post asks for one that the post it contains has asked for.
    create_jobs_action: schedule.chance(0.15) ? [{ payload_json: `{"n":${published % 4}}`, token: 'secret' }] : null,
  };
  const schema = options.lateSchemas && schedule.chance(0.15) ? LATE_SCHEMA : 1;
  const bad = schedule.chance(0.06);
  const value = bad ? Buffer.from(`bad ${published}`) : encodeUpdate(schema, update);
  const repeats = schedule.chance(0.1) ? 2 : 1;
  const ends = schedule.chance(0.05);
  const headers = ends ? { [WORK_REQUEST_STATUS_HEADER]: Buffer.from('complete') } : {};
  for (let i = 0; i < repeats; i++) kafka.append(partition, { key: Buffer.from(task), value, headers });
  return repeats;
}
