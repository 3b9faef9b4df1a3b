// The events that subscribers get, held against what the simulated engines really did: each once, in order.

import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import type { TruthTask } from '../../src/cli/verify/truth-file.ts';
import type { Deployment } from './deployment.ts';
import { decoded, type ReceivedEvent, readCommitted } from './subscriber.ts';

interface TaskFailure {
  readonly internal_task_id: string;
  readonly failure: string;
  readonly failure_reason: string | null;
}

interface JobCreation {
  readonly internal_task_id: string;
  readonly base_internal_job_id: string;
  readonly token: string | null;
}

/** Each failure and job creation of the truth exactly once, and nothing else. */
export async function expectEventsOf(
  { env, topology: { failures, jobCreations } }: Deployment,
  truthFile: string,
): Promise<void> {
  const { tasks, summary } = await readTruth(truthFile);
  const received = await readCommitted(env, [failures.topic, jobCreations.topic]);
  const of = (topic: string) => received.filter((event) => event.topic === topic);
  expect(repeated(received)).toEqual([]);

  const told = new Map<string, string[]>();
  for (const { internal_task_id, failure, failure_reason } of await decoded<TaskFailure>(env, of(failures.topic))) {
    push(told, internal_task_id, `${failure} ${failure_reason ?? '-'}`);
  }
  const asked = new Map<string, string[]>();
  for (const job of await decoded<JobCreation>(env, of(jobCreations.topic))) {
    push(asked, job.internal_task_id, job.base_internal_job_id);
    // The one place where a token may be, and has to be.
    expect(job.token).toBeTruthy();
  }
  const inOrder = (task: TruthTask, list: readonly string[]) => (task.reordered ? [...list].sort() : list);
  const mustTell = tasks.map((task) => [
    task.internal_task_id,
    task.failures.map(({ failure, failure_reason }) => `${failure} ${failure_reason ?? '-'}`),
  ]);
  expect(tasks.map(({ internal_task_id: id }) => [id, told.get(id) ?? []])).toEqual(mustTell);
  const mustAsk = tasks.map((task) => [task.internal_task_id, inOrder(task, task.job_creations)]);
  const didAsk = tasks.map((task) => [task.internal_task_id, inOrder(task, asked.get(task.internal_task_id) ?? [])]);
  expect(didAsk).toEqual(mustAsk);
  expect(of(failures.topic)).toHaveLength(summary.failures);
  expect(of(jobCreations.topic)).toHaveLength(summary.job_creations);
  // A load that fails nothing and creates nothing would prove nothing.
  expect(summary.failures).toBeGreaterThan(10);
  expect(summary.job_creations).toBeGreaterThan(10);
}

/**
 * Each event of the topics once by its source, and each job creation by its content too; answers how many there are. (An
 * error told by a post that nobody can tell from a re-post has the `ce_id` of the first one, and says so by that.)
 */
export async function expectNoneTwice({ env, topology: { failures, jobCreations } }: Deployment): Promise<number> {
  const received = await readCommitted(env, [failures.topic, jobCreations.topic]);
  const jobs = received.filter(({ topic }) => topic === jobCreations.topic);
  expect(repeated(received, ['taskfold-source'])).toEqual([]);
  expect(repeated(jobs, ['ce_id'])).toEqual([]);
  return received.length;
}

/** The source coordinates (and the id of its content) of events that came more than once. */
function repeated(events: readonly ReceivedEvent[], names = ['taskfold-source', 'ce_id']): string[] {
  const seen = new Set<string>();
  const again: string[] = [];
  for (const { headers } of events) {
    for (const mark of names.map((name) => headers[name])) {
      if (mark === undefined || seen.has(mark)) again.push(String(mark));
      else seen.add(mark);
    }
  }
  return again;
}

async function readTruth(
  file: string,
): Promise<{ tasks: TruthTask[]; summary: { failures: number; job_creations: number } }> {
  const lines = (await readFile(file, 'utf8')).trimEnd().split('\n');
  const read = lines.map((line) => JSON.parse(line) as { kind: string });
  const tasks = read.filter(({ kind }) => kind === 'task') as unknown as TruthTask[];
  return { tasks, summary: read.at(-1) as unknown as { failures: number; job_creations: number } };
}

function push(lists: Map<string, string[]>, key: string, text: string): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [text]);
  else list.push(text);
}
