// Seeded streams of updates that meet in few reporters, priors, timestamps, IOs, job creations and errors, so that every
// rule of the ledger and every bound of it is hit often.

import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../src/domain/fold-settings.ts';
import type { VectorAction, VectorIo, VectorUpdate } from '../vectors/fold-vector.ts';

/** Small bounds: each is passed within a few updates. */
export const SMALL_BOUNDS: FoldSettings = {
  ...DEFAULT_FOLD_SETTINGS,
  errors_kept: 3,
  reporters_kept: 2,
  priors_kept: 2,
  reporter_idle_s: 3,
  ios_kept: 2,
  silence_after_s: 2,
  stalled_after_s: 3,
  retain_finished_s: 4,
  retain_silent_s: 6,
  tombstones_kept_s: 5,
};

/** Fields may be there without a value. */
type Loose<T> = { [field in keyof T]: T[field] | undefined };
type LooseUpdate = Loose<Omit<VectorUpdate, 'inputs' | 'outputs'>> & { inputs?: LooseIos; outputs?: LooseIos };
type LooseIos = Loose<VectorIo>[] | null | undefined;

export interface StreamRecord {
  /** ms */
  readonly log_time: number;
  /** null: bytes that do not decode */
  readonly update: LooseUpdate | null;
  readonly tick?: boolean;
  /** the last value of a control record's header; null: it has none */
  readonly control?: string | null;
  readonly work_request_status?: string;
  readonly engine_instance_id?: string;
  readonly source?: { readonly partition: number; readonly offset: number };
}

/** Numbers in [0, 1) that depend on the seed alone (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ (state >>> 15), state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const STATUSES = [
  'running',
  'running',
  'complete',
  'failed',
  'failed',
  'aborted',
  'pending',
  'reprocessing',
  'waiting',
];
const REASONS = ['api', 'connection', 'none', 'Boom', 'Bang'];
const ACTIONS = ['updateStatus', 'completeJob', 'createJobs', 'Other'];
/** The last two stand the other way round by their UTF-16. */
const OTHER_TASKS = ['t2', 't2', 't10', '\uff5e', '\u{1f600}'];
const HEADER_STATUSES = ['complete', 'failed', 'timeout', 'running', 'pending', ''];
const LARGE = 9_007_199_254_740_990;

export const STREAM_GROUP = 'streams';

/** Small values, and both ways from {@link SMALL_BOUNDS}. */
const CONTROLLED: Readonly<Record<string, readonly number[]>> = {
  errors_kept: [0, 1, 4],
  reporters_kept: [1, 3],
  priors_kept: [1, 3],
  reporter_idle_s: [1, 5],
  ios_kept: [1, 3],
  silence_after_s: [1, 2, 4],
  stalled_after_s: [1, 2, 6],
  retain_finished_s: [2, 8],
  retain_silent_s: [3, 9],
  tombstones_kept_s: [1, 3, 5, 9],
  looks_max: [1, 500],
};

/** Between 1 and 24 updates, or up to 72, of one task, now and then of others; between them time and its ticks. */
export function randomStream(seed: number, { silence_after_s }: FoldSettings, controlled = false): StreamRecord[] {
  const random = randomOf(seed);
  const chance = (probability: number) => random() < probability;
  const below = (count: number) => Math.floor(random() * count);
  const one = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const maybe = <T>(probability: number, make: () => T): T | null | undefined =>
    chance(probability) ? make() : chance(0.1) ? null : undefined;
  // What a stream has much of differs between streams, so that rare meetings become common ones.
  const [timestamps, reporters, extras] = [1 + below(13), 1 + below(chance(0.2) ? 12 : 4), random() * 0.6];
  const [others, busy, marked] = [chance(0.5) ? 0.05 : 0.6, chance(0.4) ? 0.1 : 1, chance(0.3) ? 0.2 : 0];
  const [quiet, ended, longest] = [chance(0.5) ? 0.1 : 0, chance(0.3) ? 0.2 : 0.02, chance(0.3) ? 72 : 24];
  const ending = chance(0.5) ? 1 : 0.1;
  const instances = chance(0.2) ? 0.5 : 0;
  const [missing, large] = [chance(0.3) ? 0.1 : 0, chance(0.05) ? 0.2 : 0];
  const totals = random();

  const delta = () => (chance(large) ? LARGE - below(3) : below(4));
  const ios = (): Loose<VectorIo>[] =>
    Array.from({ length: 1 + below(2) }, () => {
      const processed_count = maybe(0.8, delta);
      const total = chance(0.4) ? processed_count : below(9);
      return {
        id: one(['a', 'b', 'c', '']),
        processed_count,
        processed_total_count: chance(totals) ? total : undefined,
      };
    });
  const jobs = (): VectorAction[] =>
    Array.from({ length: below(4) }, () => ({
      payload_json: one(['j', '{"a":1,"b":2}', '{ "b": 2, "a": 1 }']),
      token: one(['t', 'u', null]),
    }));
  const details = () => JSON.stringify(Array.from({ length: below(5) }, () => ({ id: one(['e', 'f', 'g']) })));

  const fresh = (): LooseUpdate => ({
    internal_task_id: chance(others) ? one(OTHER_TASKS) : 't1',
    work_request_id: chance(missing) ? null : `w${below(reporters)}`,
    prior_timestamp: chance(missing) ? null : below(timestamps),
    timestamp: chance(missing) ? null : below(timestamps),
    internal_job_id: maybe(0.1, () => one(['job1', 'job2', ''])),
    engine_id: maybe(0.1, () => one(['e1', 'e2'])),
    task_route_id: maybe(0.05, () => 'r1'),
    error_count: maybe(extras, delta),
    retry_count: maybe(0.3, delta),
    processed_stats: maybe(0.4 * busy, () => ({
      processed_bytes: delta(),
      processed_chunks: maybe(0.3, delta) ?? null,
    })),
    inputs: maybe(0.5 * busy, ios),
    outputs: maybe(0.1, ios),
    task_status: maybe(extras * ending, () => one(STATUSES)),
    failure_reason: maybe(extras * 0.7, () => one(REASONS)),
    task_action: maybe(extras * 0.5 * ending, () => one(ACTIONS)),
    create_jobs_action: maybe(extras, jobs),
    error_details: maybe(extras, details),
    task_output: maybe(0.1 * ending, () => one(['{}', '[1]', ''])),
  });

  const control = (): string | null => {
    const names = Object.keys(CONTROLLED).filter(() => chance(0.25));
    const settings = Object.fromEntries(names.map((name) => [name, one(CONTROLLED[name]!)]));
    const change = `c${below(9)}`;
    if (chance(0.05)) return null;
    return JSON.stringify({ group: chance(0.05) ? 'others' : STREAM_GROUP, change, settings });
  };

  const again = (earlier: LooseUpdate, update: LooseUpdate): LooseUpdate => {
    // An earlier update once more: as it was, or grown, or moved, or with a few fields of another one.
    const fields = Object.keys(update) as (keyof LooseUpdate)[];
    const changed = Object.fromEntries(fields.filter(() => chance(0.25)).map((field) => [field, update[field]]));
    const kind = below(6);
    if (kind === 0) return earlier;
    if (kind === 1) return { ...earlier, timestamp: below(timestamps) };
    if (kind === 2) return { ...earlier, timestamp: below(timestamps), ...grown(earlier, below(3)) };
    if (kind === 4 && totals > 0) return { ...earlier, timestamp: timestamps, ...begunAnew(earlier) };
    if (kind === 3) {
      return { ...update, work_request_id: earlier.work_request_id, prior_timestamp: earlier.timestamp };
    }
    return { ...earlier, ...changed };
  };
  // The longest step that the partition's clock counts, ms.
  const longestStep = silence_after_s * 500;
  const step = (): number => {
    if (chance(0.05)) return -below(3 * longestStep);
    if (chance(0.06)) return one([longestStep + 1, 3 * longestStep, 200 * longestStep]);
    return Math.round(longestStep * (chance(quiet) ? 1 : one([0, 0.1, 0.25, 0.5, random()])));
  };

  const records: StreamRecord[] = [];
  const updates: LooseUpdate[] = [];
  let log_time = 1_000_000;
  for (let length = 1 + below(longest); length > 0; length--) {
    log_time += step();
    // A partition without updates for a while.
    for (let ticks = chance(0.06) ? below(16) : 0; ticks > 0; ticks--) {
      records.push({ log_time, update: {}, tick: true });
      log_time += chance(0.05) ? step() : longestStep;
    }
    if (controlled && chance(0.15)) records.push({ log_time, update: {}, control: control() });
    const update = updates.length > 0 && chance(0.5) ? again(one(updates), fresh()) : fresh();
    updates.push(update);
    records.push({
      log_time,
      update: chance(0.02) ? null : chance(0.02) ? { ...update, internal_task_id: '' } : update,
      ...(chance(0.02) ? { tick: true } : {}),
      ...(chance(ended) ? { work_request_status: one(HEADER_STATUSES) } : {}),
      ...(chance(instances) ? { engine_instance_id: one(['i1', 'i2', '', 'i\n1']) } : {}),
      ...(chance(marked) ? { source: { partition: 1 + below(2), offset: records.length + 4 - below(8) } } : {}),
    });
  }
  return records;
}

/** Each total as its own delta, and both small: a run that has begun anew. */
function begunAnew({ inputs, outputs }: LooseUpdate): LooseUpdate {
  const small = (ios: LooseIos) => ios?.map(({ id }) => ({ id, processed_count: 1, processed_total_count: 1 }));
  return { inputs: small(inputs), outputs: small(outputs) };
}

/** Every figure that the update reports, larger by this. */
function grown(update: LooseUpdate, by: number): LooseUpdate {
  const more = (figure: number | null | undefined) => (typeof figure === 'number' ? figure + by : figure);
  const moreOfIos = (ios: LooseIos) =>
    ios?.map((io) => ({
      ...io,
      processed_count: more(io.processed_count),
      processed_total_count: more(io.processed_total_count),
    }));
  const { error_count, retry_count, processed_stats, inputs, outputs } = update;
  return {
    error_count: more(error_count),
    retry_count: more(retry_count),
    processed_stats:
      processed_stats &&
      Object.fromEntries(Object.entries(processed_stats).map(([stat, figure]) => [stat, more(figure) ?? null])),
    inputs: moreOfIos(inputs),
    outputs: moreOfIos(outputs),
  };
}
