import { describe, expect, test } from 'vitest';
import type { TaskState } from '../../src/domain/task-state.ts';
import type { FleetRecord } from '../../src/engine/deed.ts';
import { Fleet, type FleetOptions } from '../../src/engine/fleet.ts';
import type { TaskLine } from '../../src/engine/task-truth.ts';
import { Truth, type TruthSummary } from '../../src/engine/truth.ts';
import { fold } from './folded-fleet.ts';

const PARTITIONS = 12;
const OPTIONS: FleetOptions = {
  seed: 1,
  engines: 120,
  tasks: 600,
  updates: 12_000,
  partitions: PARTITIONS,
  started_at: 1_800_000_000,
};

function run(options: FleetOptions) {
  const fleet = new Fleet(options);
  const truth = new Truth();
  const records: FleetRecord[] = [];
  for (let record = fleet.next(); record; record = fleet.next()) {
    records.push(record);
    truth.acknowledged(record);
  }
  return { records, truth };
}

function linesOf(truth: Truth) {
  const line = {
    topic: 't',
    partitions: PARTITIONS,
    seed: 1,
    engines: 1,
    tasks: 1,
    rate: 0,
    seconds: 1,
    started_at: '',
  };
  const lines = [...truth.lines(line, 1)].map((text) => JSON.parse(text) as { kind: string });
  return {
    tasks: lines.filter((each): each is TaskLine => each.kind === 'task'),
    summary: lines.at(-1) as unknown as TruthSummary,
  };
}

/** A folded task in the words of the truth file. */
function toldBy(task: TaskState): Partial<TaskLine> {
  const ios = (side: 'inputs' | 'outputs') =>
    [...task[side]]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([id, { name: _, ...io }]) => JSON.parse(JSON.stringify({ id, ...io })));
  return JSON.parse(
    JSON.stringify({
      internal_task_id: task.internal_task_id,
      internal_job_id: task.internal_job_id,
      engine_id: task.engine_id,
      updates: task.updates_applied,
      updates_rejected: task.updates_rejected,
      task_status: task.task_status,
      attempts: task.attempts,
      completion_requested: task.completion_requested,
      error_count: task.error_count,
      retry_count: task.retry_count,
      processed_stats: task.processed_stats,
      inputs: ios('inputs'),
      outputs: ios('outputs'),
      timestamp: task.timestamp,
      work_request_id: task.work_request_id,
    }),
  );
}

describe('the fold of all that the fleet sends tells what its engines really did', () => {
  test.each([1, 2, 3, 4, 5])('seed %i: every task, every event, every outcome', (seed) => {
    const { records, truth } = run({ ...OPTIONS, seed });
    const { tasks, summary } = linesOf(truth);
    const folded = fold(records, PARTITIONS);

    expect([...folded.tasks.keys()].sort()).toEqual(tasks.map((task) => task.internal_task_id).sort());
    const failuresOf = new Map<string, object[]>();
    for (const { body } of folded.notices) {
      if (body.kind !== 'failure') continue;
      const { internal_task_id, failure, failure_reason } = body.facts;
      const list = failuresOf.get(internal_task_id) ?? [];
      failuresOf.set(internal_task_id, [...list, { failure, ...(failure_reason && { failure_reason }) }]);
    }
    for (const { kind: _, failures, job_creations, reordered, open_work_requests: __, ...claimed } of tasks) {
      const told = toldBy(folded.tasks.get(claimed.internal_task_id)!);
      expect(told).toEqual(reordered ? { ...told, ...claimed } : claimed);
      expect(failuresOf.get(claimed.internal_task_id) ?? []).toEqual(failures);
      expect(folded.tasks.get(claimed.internal_task_id)!.job_creations).toBe(job_creations.length);
    }

    const total = (count: (head: (typeof folded.heads)[number]) => number) =>
      folded.heads.reduce((sum, head) => sum + count(head), 0);
    expect(total((head) => head.outcomes.applied)).toBe(summary.applied);
    expect(total((head) => head.outcomes.rejected)).toBe(summary.rejected);
    expect(total((head) => head.outcomes.rerouted)).toBe(summary.rerouted);
    expect(total((head) => head.received)).toBe(summary.published + summary.rerouted);
    const kinds = Object.groupBy(folded.notices, ({ body }) => body.kind);
    expect(kinds.failure?.length).toBe(summary.failures);
    expect(kinds.job_creation?.length).toBe(summary.job_creations);
    expect(kinds.reject?.length).toBe(summary.rejected);
  });

  test('the truth notices an update that the fold does not get', () => {
    const { records, truth } = run({ ...OPTIONS, tidy: true });
    const lost = records.findIndex(({ update }) => (update.processed_stats?.processed_chunks ?? 0) > 0);
    const folded = fold(records.toSpliced(lost, 1), PARTITIONS);
    const { internal_task_id } = records[lost]!.deed!.task;
    const claimed = linesOf(truth).tasks.find((task) => task.internal_task_id === internal_task_id)!;
    expect(toldBy(folded.tasks.get(internal_task_id)!)).not.toMatchObject({ processed_stats: claimed.processed_stats });
  });
});

describe('the fleet behaves as the contract says', () => {
  const { records, truth } = run({ ...OPTIONS, updates: 40_000, tasks: 2_000, seed: 11 });
  const { tasks, summary } = linesOf(truth);

  test('it makes exactly as many records as it was asked for', () => {
    expect(records.length).toBe(40_000);
    expect(summary.published).toBe(40_000);
  });

  test('the same seed makes the same records, another seed makes others', () => {
    const again = run({ ...OPTIONS, updates: 40_000, tasks: 2_000, seed: 11 });
    expect(JSON.stringify(again.records)).toBe(JSON.stringify(records));
    expect(linesOf(again.truth)).toEqual(linesOf(truth));
    expect(run({ ...OPTIONS, seed: 12 }).records[0]).not.toEqual(records[0]);
  });

  test('accepted updates of a reporter chain: each one continues from the timestamp of the one before', () => {
    const last = new Map<string, number>();
    for (const { deed, update } of records) {
      if (!deed) continue;
      const reporter = deed.work_request_id;
      const before = last.get(reporter);
      if (before !== undefined) expect(update.prior_timestamp).toBe(before);
      // A heartbeat comes about every five seconds; same-second posts of one reporter could not be told apart.
      expect(update.timestamp!).toBeGreaterThan(update.prior_timestamp!);
      last.set(reporter, update.timestamp!);
    }
    expect(last.size).toBeGreaterThan(2_000);
  });

  test('some posts fail to arrive, and the next one holds the work of both', () => {
    const several = records.filter(({ deed }) => (deed?.beats.length ?? 0) > 1);
    expect(several.length).toBeGreaterThan(100);
    for (const { deed, update } of several) {
      const done = deed!.beats.reduce((sum, { report }) => sum + (report.processed_stats?.processed_chunks ?? 0), 0);
      expect(update.processed_stats?.processed_chunks ?? 0).toBe(done);
    }
  });

  test('chunk tasks stay running under several work requests; stream tasks end, and some are retried', () => {
    const sound = records.flatMap(({ deed, update }) => (deed ? [{ deed, update }] : []));
    const chunk = sound.filter(({ deed }) => deed.task.engine.kind === 'chunk');
    expect(new Set(chunk.map(({ update }) => update.task_status))).toEqual(new Set(['running']));
    const reporters = Map.groupBy(chunk, ({ deed }) => deed.task.internal_task_id);
    const several = [...reporters.values()].filter(
      (of) => new Set(of.map((each) => each.deed.work_request_id)).size > 1,
    );
    expect(several.length).toBeGreaterThan(500);
    expect(chunk.some(({ update }) => update.task_output && update.task_status === 'running')).toBe(true);

    const stream = tasks.filter((task) => task.failures.length > 0 || task.task_status !== 'running');
    const statuses = new Set(stream.map((task) => task.task_status));
    for (const status of ['complete', 'failed', 'aborted', 'rejected'] as const) expect(statuses).toContain(status);
    expect(Math.max(...tasks.map((task) => task.attempts))).toBeGreaterThan(2);
    expect(Math.max(...tasks.map((task) => task.attempts))).toBeLessThanOrEqual(4);
    expect(sound.some(({ update }) => update.task_status === 'reprocessing')).toBe(true);
  });

  test('running tasks report errors with a failure_reason, and `none` is said as a value', () => {
    const troubled = records.filter(({ update }) => update.task_status === 'running' && (update.error_count ?? 0) > 0);
    expect(troubled.length).toBeGreaterThan(200);
    expect(troubled.some(({ update }) => update.failure_reason && update.failure_reason !== 'none')).toBe(true);
    for (const { update } of troubled) expect(JSON.parse(update.error_details!)).toHaveLength(update.error_count!);
    expect(records.some(({ update }) => update.failure_reason === 'none')).toBe(true);
    expect(summary.failures_by_kind.error).toBeGreaterThan(100);
  });

  test('every job to create has a token of its own, and the truth holds none', () => {
    const actions = records.flatMap(({ update }) => update.create_jobs_action ?? []);
    expect(actions).toHaveLength(summary.job_creations);
    expect(new Set(actions.map(({ token }) => token)).size).toBe(actions.length);
    const named = new Set(records.flatMap(({ update }) => (update.create_jobs_action ? [update.task_action] : [])));
    expect(named).toEqual(new Set(['createJobs', 'completeAndCreateJobs', null]));
    const text = JSON.stringify(linesOf(truth));
    for (const { token } of actions) expect(text).not.toContain(token);
  });

  test('a small share is keyed wrong or bad, and `tidy` leaves both out', () => {
    expect(summary.rerouted / summary.published).toBeGreaterThan(0.02);
    expect(summary.rerouted / summary.published).toBeLessThan(0.12);
    expect(Object.keys(summary.rejected_by_reason).length).toBe(8);
    const tidy = linesOf(run({ ...OPTIONS, tidy: true }).truth).summary;
    expect([tidy.rejected, tidy.rerouted]).toEqual([0, 0]);
  });

  test.each([
    [1, 1, 1],
    [1, 1, 50],
    [3, 7, 5],
    [50, 10, 200],
    [5, 1_000, 1_000],
  ])('%i engines, %i tasks, %i updates: an odd fleet makes what it can', (engines, count, updates) => {
    const odd = run({ ...OPTIONS, engines, tasks: count, updates });
    expect(odd.records.length).toBe(updates);
    const folded = fold(odd.records, PARTITIONS);
    expect(folded.tasks.size).toBe(linesOf(odd.truth).tasks.length);
  });
});
