// Faulty senders whose every record says something new, folded by the real fold: the status, the attempts and the events
// are what the truth claims of them. (Records that repeat each other are the ledger's to tell apart.)
import { describe, expect, test } from 'vitest';
import type { Fault } from '../../src/engine/fault.ts';
import type { TaskLine } from '../../src/engine/task-truth.ts';
import { makeWorld } from '../../src/engine/world.ts';
import { fold } from './folded-fleet.ts';

const PARTITIONS = 3;
const SEEDS = Array.from({ length: 12 }, (_, index) => index + 1);

function foldedWorld(seed: number, fault: Fault, share: number) {
  const world = makeWorld({
    seed,
    engines: 8,
    tasks: 60,
    updates: 2_500,
    partitions: PARTITIONS,
    started_at: 1_800_000_000,
    tidy: true,
    faults: { [fault]: share },
  });
  const { tasks, notices } = fold(world.records, PARTITIONS);
  const eventsOf = new Map<string, { failure: string; failure_reason?: string }[]>();
  for (const { body } of notices) {
    if (body.kind !== 'failure') continue;
    const { internal_task_id, failure, failure_reason } = body.facts;
    const events = eventsOf.get(internal_task_id) ?? [];
    eventsOf.set(internal_task_id, [...events, { failure, ...(failure_reason && { failure_reason }) }]);
  }
  return { world, tasks, eventsOf };
}

const withoutErrors = (events: readonly { failure: string }[]) => events.filter(({ failure }) => failure !== 'error');

describe.each<[Fault, number]>([
  ['lost_request', 0.08],
  ['pause', 0.08],
  ['died', 0.02],
  ['restart_new', 0.08],
])('%s at %d of the posts', (fault, share) => {
  test('what the truth claims is what the fold tells', () => {
    const claims = { status: 0, errors: 0, less: 0 };
    for (const seed of SEEDS) {
      const { world, tasks, eventsOf } = foldedWorld(seed, fault, share);
      expect(tasks.size).toBe(world.tasks.length);
      for (const line of world.tasks) {
        const task = tasks.get(line.internal_task_id)!;
        const events = eventsOf.get(line.internal_task_id) ?? [];
        const certainty = (group: keyof NonNullable<TaskLine['exactness']>) => line.exactness?.[group] ?? 'exact';
        expect([certainty('sums'), certainty('job_creations'), certainty('status')]).toEqual(Array(3).fill('exact'));
        expect(task.processed_stats).toEqual(line.processed_stats);
        expect([task.error_count, task.retry_count]).toEqual([line.error_count, line.retry_count]);
        expect([task.task_status, task.attempts]).toEqual([line.task_status, line.attempts]);
        expect(task.completion_requested).toBe(line.completion_requested);
        expect(task.job_creations).toBe(line.job_creations.length);
        expect(withoutErrors(events)).toEqual(withoutErrors(line.failures));
        if (task.task_status !== 'running') claims.status++;
        if (certainty('errors') !== 'exact') claims.less++;
        else {
          expect(events).toEqual(line.failures);
          claims.errors += events.length;
        }
      }
    }
    expect(claims.status).toBeGreaterThan(20);
    expect(claims.errors).toBeGreaterThan(20);
    // A pause loses nothing; where the others hit a task with errors, nobody can know its episodes.
    expect(claims.less > 0).toBe(fault !== 'pause');
  });
});

test('lost_reply: a post that is made again tells no error twice, also where several instances work on a task', () => {
  let claimed = 0;
  for (const seed of SEEDS) {
    const { world, eventsOf } = foldedWorld(seed, 'lost_reply', 0.2);
    for (const line of world.tasks) {
      if (line.exactness?.errors !== 'at_most') continue;
      const errors = (eventsOf.get(line.internal_task_id) ?? []).filter(({ failure }) => failure === 'error');
      const told = line.failures.filter(({ failure }) => failure === 'error');
      expect(errors.length, `seed ${seed}: ${line.internal_task_id}`).toBeLessThanOrEqual(told.length);
      claimed += told.length;
    }
  }
  expect(claimed).toBeGreaterThan(100);
});
