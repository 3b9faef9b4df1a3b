// The figures of a task as texts, so that the truth of the engines and the fold can be held against each other, and what of them
// the ledger says may be wrong.

import type { PlainIos, PlainTask } from './plain-task.ts';
import type { TruthIo, TruthTask } from './truth-file.ts';
import type { TruthSubject } from './truth-subject.ts';

export type Figures = { readonly [field: string]: string | number | boolean | undefined };

/** Marks that say: a delta may be missing, or counted twice (docs/fold.md, "Marks"). */
const DOUBTS = ['ambiguous', 'restart', 'unverified', 'too_old', 'shrunk'] as const;

export function isDoubted(task: PlainTask): boolean {
  if (DOUBTS.some((mark) => task.marks.has(mark))) return true;
  for (const { open } of task.reporters.values()) if (open.length > 0) return true;
  const drifts = [...task.ios.inputs.values(), ...task.ios.outputs.values()].some(
    ({ processed_count: count, processed_total_count: total }) =>
      count !== undefined && total !== undefined && count !== total,
  );
  return drifts;
}

export function sumsOf(
  of: Partial<Pick<TruthSubject, 'error_count' | 'retry_count' | 'processed_stats' | 'inputs' | 'outputs'>>,
): Figures {
  const counts = (ios: readonly TruthIo[] = []) =>
    ios.map(({ id, processed_count }) => `${id}: ${processed_count ?? '-'}`);
  return {
    error_count: of.error_count,
    retry_count: of.retry_count,
    processed_stats: sorted(of.processed_stats ?? {}),
    'inputs.processed_count': listed(counts(of.inputs)),
    'outputs.processed_count': listed(counts(of.outputs)),
  };
}

export function totalsOf(of: Partial<Pick<TruthSubject, 'inputs' | 'outputs'>>): Figures {
  const totals = (ios: readonly TruthIo[] = []) =>
    ios.map(({ id, processed_total_count }) => `${id}: ${processed_total_count ?? '-'}`);
  return {
    'inputs.processed_total_count': listed(totals(of.inputs)),
    'outputs.processed_total_count': listed(totals(of.outputs)),
  };
}

export function failuresOf(truth: TruthTask, errors: boolean): string[] {
  return truth.failures
    .map(({ failure, failure_reason }) => failureText(failure, failure_reason))
    .filter((text) => isError(text) === errors);
}

export const TERMINAL: readonly string[] = ['complete', 'failed', 'aborted', 'rejected'];

/** Whether the task has ended, or each of its work requests; otherwise its engines report, or are silent. */
export function isOver({ task_status, open_work_requests = [] }: TruthTask): boolean {
  return TERMINAL.includes(task_status ?? '') || open_work_requests.length === 0;
}

export function isError(failure: string): boolean {
  return failure === 'error' || failure.startsWith('error (');
}

/** The claimed ones that were found: all that was found if nothing too much was. */
export function partOf(claimed: readonly string[], found: readonly string[]): string[] {
  const left = [...found];
  return claimed.filter((one) => {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

export function failureText(failure: string, reason: string | undefined): string {
  return reason === undefined ? failure : `${failure} (${reason})`;
}

export function texts(values: Figures): Map<string, string> {
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  return new Map(given.map(([field, value]) => [field, String(value)]));
}

export function sorted(counts: { readonly [name: string]: number }): string {
  return JSON.stringify(Object.entries(counts).sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function withoutZeros(counts: { readonly [name: string]: number }): { [name: string]: number } {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

export function iosOf(ios: PlainIos): TruthIo[] {
  return [...ios].map(([id, io]) => ({ id, ...io }));
}

function listed(texts: readonly string[]): string {
  return [...texts].sort().join(', ');
}
