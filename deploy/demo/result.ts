// What the demo ends with: a short table for people, and one line of JSON.

import type { VerifyDocument } from '../../src/cli/verify/verify-document.ts';
import type { TruthSummary } from '../../src/engine/truth.ts';
import { count, painted } from './board.ts';

export interface Takeover {
  readonly killed: string;
  readonly started: string;
  readonly partitions: number;
  /** from the kill until every partition of the killed one was folded again; null: not within the time allowed */
  readonly seconds: number | null;
}

export interface DemoResult {
  /** what the engines did, by their own account */
  readonly truth: TruthSummary;
  readonly verified: VerifyDocument;
  readonly takeover: Takeover;
  /** from the last update until all was folded */
  readonly drain_seconds: number;
  /** the whole demo, services excepted */
  readonly seconds: number;
}

export function isGood({ verified }: DemoResult): boolean {
  return verified.mismatches === 0 && verified.unchecked.length === 0;
}

export function resultTable(result: DemoResult): string {
  const { truth, verified, takeover, drain_seconds } = result;
  const counted_already = verified.duplicate + verified.stale;
  const known = (sum: number, found: number) => (sum === found ? count(sum) : `about ${count(sum)}`);
  const rows: [string, string, string][] = [
    ['', 'the engines did', 'Taskfold tells'],
    ['updates published', count(truth.published), count(verified.published)],
    ['  taken into tasks', count(truth.applied), count(verified.applied + counted_already)],
    ['    of them posted again, and counted already', '', count(counted_already)],
    ['  rejected, each with its reason', count(truth.rejected), count(verified.rejected)],
    ['  brought home from a wrong partition', count(truth.rerouted), count(verified.rerouted)],
    ['tasks', count(truth.tasks), count(verified.tasks)],
    ['failure events, each once', known(truth.failures, verified.failures), count(verified.failures)],
    [
      'job-creation events, each once',
      known(truth.job_creations, verified.job_creations),
      count(verified.job_creations),
    ],
  ];
  const [first, second, third] = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]!.length)));
  const text = rows.map(([a, b, c]) => `  ${a.padEnd(first!)}  ${b.padStart(second!)}  ${c.padStart(third!)}`);
  const took =
    takeover.seconds === null ? 'not taken over in time' : `folded on after ${takeover.seconds.toFixed(1)} s`;
  return [
    '',
    ...text,
    '',
    `  processor ${takeover.killed} killed with -9, ${takeover.started} started: its ${takeover.partitions} partitions were ${took}`,
    `  everything was folded ${drain_seconds.toFixed(1)} s after the last update`,
    `  ${verdict(verified)}`,
    '',
  ].join('\n');
}

function verdict({ mismatches, unchecked }: VerifyDocument): string {
  const { stdout } = process;
  if (mismatches > 0) return painted(`${count(mismatches)} DIFFERENCES`, 'red', stdout);
  if (unchecked.length > 0) return painted('no difference found, but not everything could be checked', 'red', stdout);
  const good =
    '0 differences: every task, count and event is what the engines really did, as far as their updates tell';
  return painted(good, 'green', stdout);
}

/** The last line of standard output. */
export function resultLine({ verified, seconds }: DemoResult): string {
  const { published, applied, rejected, rerouted, tasks, failures, job_creations, mismatches } = verified;
  return JSON.stringify({
    published,
    applied,
    rejected,
    rerouted,
    tasks,
    failures,
    job_creations,
    mismatches,
    seconds,
  });
}
