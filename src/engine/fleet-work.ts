// What one beat of a simulated engine may hold: ordinary work, errors, a batch's output, jobs to create. Drawn from the
// seed, without any bookkeeping.

import type { CreateJobsAction } from '../domain/messages.generated.ts';
import { FAILURE_REASONS, type FailureReason, type ProcessedStat } from '../domain/task-state.ts';
import type { FleetEngine } from './fleet-engine.ts';
import type { Random } from './random.ts';
import type { Report } from './report.ts';

const TROUBLES = FAILURE_REASONS.filter((reason) => reason !== 'none');

/** The most that one update reports of each stat; a heartbeat covers about five seconds. */
const STAT_MOST: { readonly [stat in ProcessedStat]: number } = {
  processed_bytes: 4_000_000,
  processed_cpu_milliseconds: 20_000,
  processed_cpu_seconds: 20,
  processed_chunks: 12,
  processed_media_seconds: 300,
};

/** A report that is still being drawn. */
export type Draft = { -readonly [field in keyof Report]: Report[field] };

/** Ordinary work since the last beat, without any error. Filled field by field: a fleet draws 60,000 of them a second. */
export function ordinaryWork(engine: FleetEngine, random: Random): Draft {
  const draft: Draft = {};
  if (engine.stats.length > 0) {
    const stats: { [stat in ProcessedStat]?: number } = {};
    for (const stat of engine.stats) stats[stat] = random.below(STAT_MOST[stat] + 1);
    draft.processed_stats = stats;
  }
  if (engine.inputs.length > 0) draft.inputs = counts(engine.inputs, random);
  if (engine.outputs.length > 0) draft.outputs = counts(engine.outputs, random);
  if (engine.counts_always) {
    draft.error_count = 0;
    draft.retry_count = 0;
  }
  if (engine.says_none) draft.failure_reason = 'none';
  return draft;
}

function counts(ids: readonly string[], random: Random): Map<string, number> {
  const map = new Map<string, number>();
  for (const id of ids) map.set(id, random.below(40));
  return map;
}

/** Adds errors to the work. */
export function addErrors(draft: Draft, failure_reason: FailureReason | undefined, random: Random): void {
  const error_count = random.between(1, 3);
  draft.error_count = error_count;
  draft.errors = Array.from({ length: error_count }, () => ({
    id: `E${random.between(100, 599)}`,
    msg: `${failure_reason ?? 'unexpected'}: chunk ${random.below(10_000)} was not processed`,
  }));
  if (random.chance(0.5)) draft.retry_count = random.between(1, 2);
  if (failure_reason !== undefined) draft.failure_reason = failure_reason;
}

/** A reason, or none where the engine does not give one; never the one that is given already. */
export function troubleReason(engine: FleetEngine, random: Random, other?: FailureReason): FailureReason | undefined {
  // An engine that says `none` when all is well always has a reason when it is not.
  if (!engine.says_none && other === undefined && random.chance(0.15)) return undefined;
  const reason = random.pick(TROUBLES);
  return reason === other ? TROUBLES[(TROUBLES.indexOf(reason) + 1) % TROUBLES.length]! : reason;
}

/** What a batch leaves behind, JSON text. */
export function batchOutput(random: Random): string {
  return JSON.stringify({ batch: random.below(1_000_000), series: random.below(200), warnings: [], done: true });
}

/** One to three jobs to create; each has a base job and a token of its own. */
export function jobsToCreate(random: Random): CreateJobsAction[] {
  return Array.from({ length: random.between(1, 3) }, () => {
    const base_internal_job_id = random.uuid();
    const payload_json = JSON.stringify({ priority: random.below(100), source: 'simulated' });
    const token = `simulated-${random.uuid()}`;
    if (random.chance(0.5)) return { base_internal_job_id, no_tdo: true, payload_json, token };
    const create_tdo_detail = {
      name: `recording ${random.below(100_000)}`,
      is_public: random.chance(0.2),
      start_date_time: '2026-01-01T00:00:00Z',
      stop_date_time: '2026-01-01T00:10:00Z',
    };
    return { base_internal_job_id, create_tdo_detail, payload_json, token };
  });
}
