// However many IOs, jobs and errors a reporter names, and whatever its prior_timestamp does: the ledger of a task stays
// bounded, and so does the time that one update takes.

import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION, type FoldSettings } from '../../src/domain/fold-settings.ts';
import { newHead } from '../../src/domain/head.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import { recall } from '../../src/domain/remembered-post.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import type { VectorUpdate } from '../vectors/fold-vector.ts';

/** The task after these updates of work request w1. */
function taskAfter(updates: Iterable<VectorUpdate>, settings: Partial<FoldSettings> = {}): TaskState {
  const pins = { origin: 0, incarnation: 'bounds', partition_count: 1, fold_version: FOLD_VERSION };
  const head = newHead({ ...pins, settings: { ...DEFAULT_FOLD_SETTINGS, ...settings } });
  let task: TaskState | null = null;
  const fold = new PartitionFold(0, head, () => task);
  let offset = 0;
  for (const update of updates) {
    const whole = { internal_task_id: 't1', work_request_id: 'w1', ...update } as never;
    const decoded = { kind: 'update', update: whole } as const;
    fold.fold({ offset, timestamp: 1_000 * offset++, size: 200, decoded, home: 0, source: null });
    task = fold.takeChanges()[0]?.task ?? task;
  }
  return task!;
}

const numbered = (count: number, figure: number) =>
  Array.from({ length: count }, (_, i) => ({
    id: `io ${i}`,
    processed_count: figure,
    processed_total_count: 10 + figure,
  }));

test.each([1_000, 100_000])(
  'updates with 20,000 IOs each, of which %i are kept, take no longer for that',
  (ios_kept) => {
    const began = performance.now();
    const task = taskAfter(
      [1, 2, 3, 3, 2].map((figure, i) => ({
        prior_timestamp: 0,
        timestamp: 5 + i,
        inputs: numbered(20_000, figure),
      })),
      { ios_kept },
    );
    expect(task.inputs.size).toBe(Math.min(ios_kept, 20_000));
    expect([...task.inputs.values()].every(({ processed_count }) => processed_count === 3)).toBe(true);
    expect(task.updates_applied + task.updates_stale).toBe(5);
    // Looked through IO by IO, each update would take most of a minute: longer than a member may be without a heartbeat.
    expect(performance.now() - began).toBeLessThan(5_000);
  },
);

test('on a prior that never moves the memory of a reporter stays bounded', () => {
  function* updates(): Generator<VectorUpdate> {
    for (let i = 1; i <= 400; i++) {
      yield {
        prior_timestamp: 0,
        timestamp: i,
        retry_count: i,
        inputs: [{ id: `io ${i}`, processed_count: 0, processed_total_count: 1 }],
        error_details: JSON.stringify([{ id: `error ${i}` }]),
        create_jobs_action: Array.from({ length: 40 }, (_, j) => ({ payload_json: `${i}.${j}` })),
        failure_reason: 'x'.repeat(10_000),
        task_status: `y${'z'.repeat(10_000)}`,
      };
    }
  }
  const task = taskAfter(updates(), { ios_kept: 20 });
  const { posts, io_names, totals } = task.reporters.get('w1')!;
  const kept = posts.map((post) => recall(post, io_names));
  expect(kept.map(({ ios, actions, errors }) => [ios.length, actions.length, errors.length])).toEqual([
    [20, 10_000, 10],
  ]);
  expect([kept[0]!.reason.length, kept[0]!.status.length, totals.size]).toEqual([64, 64, 20]);
  expect(io_names.length).toBe(20);
  // What would not fit is rejected: no job is made twice, and none is lost without a word.
  expect([task.job_creations, task.updates_applied, task.updates_rejected]).toEqual([10_000, 250, 150]);
});
