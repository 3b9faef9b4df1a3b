// The answer of `taskfold verify`: one document, and the same for people.

import { OUTCOMES, type Outcome } from '../../domain/outcome.ts';
import { table } from '../output.ts';
import type { TruthAnswer } from './compare-truth.ts';
import type { EventBooks } from './event-books.ts';
import type { InputPosition } from './look-at-kafka.ts';
import { type Mismatch, type Mismatches, mismatchText } from './mismatches.ts';
import type { InputReplay } from './replay-input.ts';
import type { SeenState } from './state-look.ts';

export interface VerifyDocument {
  mismatches: number;
  /** records of the input that are no re-routed copies */
  published: number;
  /** all records that were folded */
  received: number;
  applied: number;
  duplicate: number;
  stale: number;
  rejected: number;
  rerouted: number;
  rejected_by_reason: Record<string, number>;
  tasks: number;
  failures: number;
  failures_by_kind: Record<string, number>;
  job_creations: number;
  /** how many there must be, and how many of these were found */
  events: Record<'failures' | 'job_creations' | 'rejects' | 'rerouted', { expected: number; found: number }>;
  /** events that wait in the outbox; with --wait none */
  events_pending: number;
  partitions: { partition: number; watermark: number; emitted: number; log_end: number; received: number }[];
  /** partitions whose log no longer reaches back to where the fold began: the truth alone could tell of them. Left out: none */
  truth_alone?: number[];
  /** what could not be checked, and why */
  unchecked: { partition?: number; why: string }[];
  truth?: TruthAnswer;
  first_mismatches: Mismatch[];
  seconds: number;
}

export interface Verified {
  readonly seen: SeenState;
  readonly positions: ReadonlyMap<number, InputPosition>;
  readonly replay: InputReplay;
  readonly books: EventBooks;
  readonly pending: number;
  readonly unchecked: VerifyDocument['unchecked'];
  readonly truth: TruthAnswer | undefined;
  readonly truth_alone: number[];
  readonly mismatches: Mismatches;
  readonly seconds: number;
}

export function verifyDocument(verified: Verified): VerifyDocument {
  const { replay, books, mismatches } = verified;
  const outcomes: Record<Outcome, number> = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
  const reasons: Record<string, number> = {};
  const partitions: VerifyDocument['partitions'] = [];
  let [received, tasks] = [0, 0];
  for (const [partition, fold] of replay.folds) {
    let ofPartition = 0;
    for (const outcome of OUTCOMES) {
      outcomes[outcome] += fold.outcomes[outcome];
      ofPartition += fold.outcomes[outcome];
    }
    for (const [reason, count] of fold.rejected_by_reason) reasons[reason] = (reasons[reason] ?? 0) + count;
    received += ofPartition;
    tasks += fold.tasks.size;
    const { emitted, end: log_end } = verified.positions.get(partition)!;
    const watermark = verified.seen.ranges.get(partition)!.watermark;
    partitions.push({ partition, watermark, emitted, log_end, received: ofPartition });
  }
  const figures = (ledger: { size: number; found: number }) => ({ expected: ledger.size, found: ledger.found });
  return {
    mismatches: mismatches.count,
    published: replay.published,
    received,
    ...outcomes,
    rejected_by_reason: reasons,
    tasks,
    failures: books.failures.found,
    failures_by_kind: Object.fromEntries(books.failuresByKind),
    job_creations: books.jobCreations.found,
    events: {
      failures: figures(books.failures),
      job_creations: figures(books.jobCreations),
      rejects: figures(books.rejects),
      rerouted: figures(books.rerouted),
    },
    events_pending: verified.pending,
    partitions,
    ...(verified.truth_alone.length === 0 ? {} : { truth_alone: verified.truth_alone }),
    unchecked: verified.unchecked,
    ...(verified.truth === undefined ? {} : { truth: verified.truth }),
    first_mismatches: mismatches.kept,
    seconds: verified.seconds,
  };
}

export function verifyText(document: VerifyDocument): string {
  const { events } = document;
  const lines = [
    table([
      ['records', 'published', 'received', 'applied', 'duplicate', 'stale', 'rejected', 're-routed'],
      [
        '',
        document.published,
        document.received,
        document.applied,
        document.duplicate,
        document.stale,
        document.rejected,
        document.rerouted,
      ],
    ]),
    '',
    table([
      ['events', 'expected', 'found'],
      ['failures', events.failures.expected, events.failures.found],
      ['job creations', events.job_creations.expected, events.job_creations.found],
      ['rejects', events.rejects.expected, events.rejects.found],
      ['re-routed copies', events.rerouted.expected, events.rerouted.found],
    ]),
    '',
    `${document.tasks.toLocaleString('en-US')} tasks in ${document.partitions.length} partitions, ${document.seconds} s`,
  ];
  if (document.events_pending > 0) {
    lines.push(`${document.events_pending.toLocaleString('en-US')} events wait in the outbox to be sent`);
  }
  const behind = document.partitions.filter(({ watermark, log_end }) => watermark < log_end);
  if (behind.length > 0) {
    const left = behind.reduce((sum, { watermark, log_end }) => sum + log_end - watermark, 0);
    lines.push(
      `looked at up to W only: ${left.toLocaleString('en-US')} offsets of ${behind.length} partitions lie behind it`,
    );
  }
  if (document.truth) lines.push(truthText(document.truth));
  if (document.truth_alone) {
    const which = document.truth_alone.join(', ');
    lines.push(
      `partitions ${which}: the log no longer reaches back to where the fold began, so Redis and the topics were`,
    );
    lines.push('held against the truth alone, in what it says; the rules of the fold could not be followed');
  }
  for (const { why } of document.unchecked) lines.push(`not checked: ${why}`);
  lines.push('');
  if (document.mismatches === 0)
    lines.push(document.unchecked.length === 0 ? '0 mismatches' : '0 mismatches in what could be checked');
  else lines.push(`${document.mismatches.toLocaleString('en-US')} mismatches`);
  for (const mismatch of document.first_mismatches) lines.push(`  ${mismatchText(mismatch)}`);
  const more = document.mismatches - document.first_mismatches.length;
  if (more > 0) lines.push(`  and ${more.toLocaleString('en-US')} more (--limit)`);
  return lines.join('\n');
}

function truthText(truth: TruthAnswer): string {
  const parts = [`truth: ${truth.tasks.toLocaleString('en-US')} tasks`];
  if (truth.tasks_unknown > 0) parts.push(`${truth.tasks_unknown} of them not known in full, so not compared`);
  if (truth.tasks_unmarked > 0) {
    parts.push(`${truth.tasks_unmarked} of ${truth.tasks_marked} that faults made doubtful are wrong without a mark`);
  }
  if (truth.tasks_open > 0) {
    const groups = Object.entries(truth.open_groups).map(([group, tasks]) => `${group} ${tasks}`);
    parts.push(`${truth.tasks_open} of which something cannot be known (${groups.join(', ')})`);
  }
  if (truth.tasks_of_others > 0) parts.push(`${truth.tasks_of_others} tasks of others`);
  if (!truth.summary_compared) parts.push('its summary was not compared');
  return parts.join(', ');
}
