// The ledger of a task as lanes on a time axis: for each reporter the intervals that its posts report, what of the time no
// post has reported (gaps), and the posts that were dropped because another had counted them.

import type { ExplainedUpdate } from '../documents.ts';

/** `counted`: added once; `doubt`: added, and it may be wrong; `dropped`: another post had counted it */
export type SpanKind = 'counted' | 'doubt' | 'dropped';

export interface Span {
  readonly kind: SpanKind;
  /** epoch s of the engine's clock */
  readonly from: number;
  readonly to: number;
  readonly class: ExplainedUpdate['class'];
  readonly offset: number;
  /** it lies on time that a counted span before it reports, too */
  readonly overlaps: boolean;
}

export interface Lane {
  readonly work_request_id: string;
  readonly spans: readonly Span[];
  /** stretches that no counted post reports */
  readonly gaps: readonly { readonly from: number; readonly to: number }[];
}

export interface Ledger {
  readonly lanes: readonly Lane[];
  readonly from: number;
  readonly to: number;
}

const DROPPED: ReadonlySet<string> = new Set(['duplicate', 'stale', 'too_old']);
const DOUBTED: ReadonlySet<string> = new Set(['ambiguous', 'restart', 'unverified']);
const NO_WORK_REQUEST = '(no work request)';

/** Updates that name no interval are in no lane. */
export function ledgerOf(updates: readonly ExplainedUpdate[]): Ledger | null {
  const byReporter = new Map<string, Span[]>();
  for (const update of updates) {
    const { prior_timestamp: from, timestamp: to, offset } = update;
    if (from === undefined || to === undefined || update.class === 'rejected') continue;
    const reporter = update.work_request_id ?? NO_WORK_REQUEST;
    const spans = byReporter.get(reporter) ?? [];
    byReporter.set(reporter, spans);
    const kind = kindOf(update);
    const contains = update.class === 'supersede' || update.class === 'fill';
    const overlaps =
      kind !== 'dropped' &&
      !contains &&
      spans.some((span) => span.kind !== 'dropped' && span.from < to && from < span.to);
    spans.push({ kind, from: Math.min(from, to), to: Math.max(from, to), class: update.class, offset, overlaps });
  }
  if (byReporter.size === 0) return null;
  const all = [...byReporter.values()].flat();
  const from = all.reduce((least, span) => Math.min(least, span.from), Number.POSITIVE_INFINITY);
  const to = all.reduce((most, span) => Math.max(most, span.to), 0);
  const lanes = [...byReporter].map(([work_request_id, spans]) => ({ work_request_id, spans, gaps: gapsOf(spans) }));
  return { lanes, from, to: Math.max(to, from + 1) };
}

function kindOf(update: ExplainedUpdate): SpanKind {
  if (DROPPED.has(update.class)) return 'dropped';
  return DOUBTED.has(update.class) || update.doubt !== undefined ? 'doubt' : 'counted';
}

function gapsOf(spans: readonly Span[]): { from: number; to: number }[] {
  const counted = spans.filter(({ kind }) => kind !== 'dropped').sort((a, b) => a.from - b.from);
  const gaps: { from: number; to: number }[] = [];
  let reached = counted[0]?.from ?? 0;
  for (const { from, to } of counted) {
    if (from > reached) gaps.push({ from: reached, to: from });
    reached = Math.max(reached, to);
  }
  return gaps;
}

/** In words, for those who do not see it, and for those who want to be sure. */
export function summaryOf({ lanes, from, to }: Ledger): string {
  const sum = (figure: (lane: Lane) => number) => lanes.reduce((total, lane) => total + figure(lane), 0);
  const of = (kind: SpanKind) => sum(({ spans }) => spans.filter((span) => span.kind === kind).length);
  const gaps = sum((lane) => lane.gaps.length);
  const missing = sum((lane) => lane.gaps.reduce((total, gap) => total + gap.to - gap.from, 0));
  const overlaps = sum(({ spans }) => spans.filter((span) => span.overlaps).length);
  const parts = [
    `${lanes.length} ${lanes.length === 1 ? 'reporter' : 'reporters'} in ${to - from} s`,
    `${of('counted') + of('doubt')} posts counted`,
    gaps === 0 ? 'no gap' : `${gaps} ${gaps === 1 ? 'gap' : 'gaps'} (${missing} s that no post reports)`,
    overlaps === 0 ? 'no overlap' : `${overlaps} ${overlaps === 1 ? 'overlap' : 'overlaps'}`,
    of('dropped') === 0 ? 'no duplicate' : `${of('dropped')} dropped as duplicate or stale`,
  ];
  if (of('doubt') > 0) parts.push(`${of('doubt')} in doubt`);
  return parts.join(' · ');
}

/** Moments for the axis, round ones, at most `most`. */
export function ticksOf(from: number, to: number, most: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400, 604_800];
  const step = steps.find((one) => (to - from) / one <= most) ?? 2_592_000;
  const ticks: number[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) ticks.push(at);
  return ticks;
}
