// How far an answer is exact, and how old it is: of each partition W, the log time of the last record below it, what the log
// holds beyond it, and whether it is still folded.

import type { SlotGlimpse } from '../redis/slot-reads.ts';

/** An owner reports every second and at each change; beyond this it is gone, or its machine's clock is far off. */
export const AWAY_AFTER_MS = 15_000;

const UNREACHABLE = 'unreachable';

export interface PartitionAsOf {
  topic: string;
  partition: number;
  /** W: exactly the records below it are in the answer; absent: none is, the slot is empty or damaged */
  watermark?: number;
  /** of the last record below W, UTC epoch milliseconds by the broker's clock */
  log_time?: number;
  /** where the log ended, and when that was so, UTC epoch milliseconds; absent: nobody has told */
  log_end?: number;
  log_end_at?: number;
  /** records that are not in the answer yet: log_end − watermark */
  lag?: number;
  /**
   * All that the log had before this moment is in the answer, UTC epoch milliseconds; absent: nobody knows. It compares
   * clocks of the broker and of whoever told the log's end.
   */
  complete_until?: number;
  /** how the partition stands: `running` and the owner's other states; `halted`, `torn`, `damaged`, `away`, `empty`, `unreachable` */
  condition: string;
  /** nothing more is folded until an operator acts */
  halted: boolean;
}

/** Of an answer that comes from several partitions. */
export interface AsOf {
  /** UTC epoch milliseconds, by the clock of the reader */
  read_at: number;
  /** the earliest one of the partitions; absent: of one at least nobody knows */
  complete_until?: number;
  /** the sum; absent: of one at least nobody knows */
  lag?: number;
  /** halted, torn or damaged ones */
  halted: number[];
  /** those of a master of a Redis Cluster that does not answer: nothing of them is in the answer */
  unreachable: number[];
  partitions: PartitionAsOf[];
}

/** Where the log of a partition ends, by somebody who asks Kafka. */
export interface LogEnd {
  readonly end: number;
  /** when it was asked, UTC epoch milliseconds */
  readonly at: number;
  /** the latest moment at which the log is known to have ended at or below an offset; null: it is not known */
  endedBy(offset: number): number | null;
}

/** null: nobody has asked, and the owner's last word counts. */
export type LogEndOf = (partition: number) => LogEnd | null;

export function conditionOf({ watermark, saving, damage, unreachable, live }: SlotGlimpse, nowMs: number): string {
  if (unreachable !== null) return UNREACHABLE;
  // A halt stays a halt when its owner has gone: the next one will meet it again.
  if (live?.halt) return 'halted';
  if (saving !== null) return 'torn';
  if (damage !== null) return 'damaged';
  const reported = live === null ? Number.POSITIVE_INFINITY : nowMs - live.seen_at;
  if (reported > AWAY_AFTER_MS) return watermark === null ? 'empty' : 'away';
  return live?.state ?? 'empty';
}

const STANDING_STILL: ReadonlySet<string> = new Set(['halted', 'torn', 'damaged']);

/** @param watermark the W that the answer was read at, where it was not read together with the glimpse */
export function partitionAsOf(
  place: { readonly topic: string; readonly partition: number },
  slot: SlotGlimpse,
  nowMs: number,
  logEnd: LogEnd | null,
  watermark: number | null = slot.watermark,
): PartitionAsOf {
  const condition = conditionOf(slot, nowMs);
  const halted = STANDING_STILL.has(condition);
  const asOf: PartitionAsOf = { ...place, condition, halted };
  const known = logEnd ?? lastWordOf(slot);
  if (known !== null) {
    asOf.log_end = known.end;
    asOf.log_end_at = known.at;
  }
  if (watermark === null) return asOf;
  asOf.watermark = watermark;
  const log_time = slot.head?.clock.log_time ?? null;
  if (log_time !== null) asOf.log_time = log_time;
  if (known !== null) asOf.lag = Math.max(0, known.end - watermark);
  // A log that nobody has written to for an hour is not an hour behind.
  const complete = Math.max(
    log_time ?? Number.NEGATIVE_INFINITY,
    known?.endedBy(watermark) ?? Number.NEGATIVE_INFINITY,
  );
  if (Number.isFinite(complete)) asOf.complete_until = complete;
  return asOf;
}

/** What the owner told of the log's end; one that folds nothing does not look at it. */
function lastWordOf({ live }: SlotGlimpse): LogEnd | null {
  if (live === null) return null;
  const { log_end: end, seen_at: at, state } = live;
  return { end, at, endedBy: (offset) => (state === 'running' && end <= offset ? at : null) };
}

export function asOfAll(partitions: readonly PartitionAsOf[], read_at: number): AsOf {
  const complete = ofEach(partitions.map(({ complete_until }) => complete_until));
  const lags = ofEach(partitions.map(({ lag }) => lag));
  return {
    read_at,
    ...(complete === null ? {} : { complete_until: Math.min(...complete) }),
    ...(lags === null ? {} : { lag: lags.reduce((sum, lag) => sum + lag, 0) }),
    halted: partitions.filter(({ halted }) => halted).map(({ partition }) => partition),
    unreachable: partitions.filter(({ condition }) => condition === UNREACHABLE).map(({ partition }) => partition),
    partitions: [...partitions],
  };
}

/** null: of one at least nobody knows, or there is none. */
function ofEach(values: readonly (number | undefined)[]): number[] | null {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length && known.length > 0 ? known : null;
}
