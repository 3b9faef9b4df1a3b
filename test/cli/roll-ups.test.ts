// `taskfold job`, `engine`, `jobs`, `engines` and `tasks --job` as processes, over what a real processor has folded: the figures are
// those of the updates, added up by hand.

import { describe, expect, test } from 'vitest';
import type { JobDocument } from '../../src/read/roll-up-document.ts';
import type { TaskDocument } from '../../src/read/task-document.ts';
import { taskfold } from './taskfold.ts';
import { awayFrom, foldedWorld, homeOf, taskAt } from './verify/folded-world.ts';

function lines<Document>(stdout: string): Document[] {
  return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Document]));
}

describe('jobs and engines', () => {
  test('are shown with the sums of all partitions, and where a record was keyed wrong, by whose engine', async () => {
    const world = await foldedWorld('roll-ups');
    const { env } = world;
    const [t0, t1, t2] = [taskAt(0, 'a'), taskAt(1, 'b'), taskAt(2, 'c')];
    const update = (internal_task_id: string, more: object) =>
      world.bytes({ internal_task_id, work_request_id: 'w', ...more });
    await world.append(homeOf(t0), [
      { value: update(t0, { internal_job_id: 'J1', engine_id: 'E1', error_count: 2, task_status: 'running' }) },
      { value: update(t0, { processed_stats: { processed_bytes: 5 }, task_status: 'failed', failure_reason: 'api' }) },
    ]);
    await world.append(homeOf(t1), [
      { value: update(t1, { internal_job_id: 'J1', engine_id: 'E2', error_count: 1, task_action: 'completeJob' }) },
      { value: update(t1, { error_count: -1 }) },
    ]);
    await world.append(awayFrom(t2), [
      { value: update(t2, { internal_job_id: 'J2', engine_id: 'E2', retry_count: 4 }) },
    ]);
    await world.fold();

    const job = await taskfold(['job', 'J1', '--json'], env);
    expect(job).toMatchObject({ code: 0, stderr: '' });
    const document = JSON.parse(job.stdout) as JobDocument;
    expect(document).toMatchObject({
      internal_job_id: 'J1',
      tasks: 2,
      tasks_by_status: { failed: 1, unreported: 1 },
      tasks_by_liveness: { ended: 2 },
      completion_requested: 1,
      error_count: 3,
      retry_count: 0,
      processed_stats: { processed_bytes: 5 },
      failures_by_reason: { api: 1 },
      updates: { applied: 3, duplicate: 0, stale: 0, rejected: 1, came_rerouted: 0 },
      retired: { tasks: 0 },
    });
    expect(document.as_of.map(({ partition }) => partition)).toEqual([homeOf(t0), homeOf(t1)]);
    const [first, second] = (await Promise.all([t0, t1].map((id) => taskfold(['task', id, '--json'], env)))).map(
      ({ stdout }) => JSON.parse(stdout) as TaskDocument,
    );
    expect(document.first_update_at).toBe(Math.min(first!.first_update_at, second!.first_update_at));
    expect(document.last_update_at).toBe(Math.max(first!.last_update_at, second!.last_update_at));

    const engine = await taskfold(['engine', 'E2', '--json'], env);
    expect(JSON.parse(engine.stdout)).toMatchObject({
      engine_id: 'E2',
      tasks: 2,
      error_count: 1,
      retry_count: 4,
      updates: { applied: 2, rejected: 1, came_rerouted: 1 },
    });

    const forPeople = await taskfold(['engine', 'E2'], env);
    expect(forPeople.stdout).toContain('updates       3 (2 applied, 1 rejected); 1 of them came re-routed');
    expect(forPeople.stdout).toMatch(/as of partition +W +log time/);

    const jobs = await taskfold(['jobs', '--json'], env);
    expect(lines<JobDocument>(jobs.stdout).map((one) => [one.internal_job_id, one.tasks])).toEqual([
      ['J1', 2],
      ['J2', 1],
    ]);
    const behind = await taskfold(['jobs', '--after', 'J1'], env);
    expect(behind.stdout).toMatch(/^J2 .* 1 .*\n$/);
    const failed = await taskfold(['engines', '--status', 'failed', '--json'], env);
    expect(lines<{ engine_id: string }>(failed.stdout).map(({ engine_id }) => engine_id)).toEqual(['E1']);
    expect(lines((await taskfold(['engines', '--limit', '1', '--json'], env)).stdout)).toHaveLength(1);

    const tasks = await taskfold(['tasks', '--job', 'J1', '--json'], env);
    expect(
      lines<TaskDocument>(tasks.stdout)
        .map(({ internal_task_id }) => internal_task_id)
        .sort(),
    ).toEqual([t0, t1].sort());
    const ofEngine = await taskfold(['tasks', '--engine', 'E2', '--json'], env);
    expect(lines<TaskDocument>(ofEngine.stdout)).toHaveLength(2);

    const none = await taskfold(['job', 'J9'], env);
    expect(none).toMatchObject({ code: 1, stdout: '' });
    expect(none.stderr).toContain('no task has the job "J9"');
    expect(none.stderr).toContain('"taskfold jobs" lists those that there are');
    expect((await world.verify()).mismatches).toBe(0);
  });
});
