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

/** Ordinary work since the last beat, without any error. */
export function ordinaryWork(engine: FleetEngine, random: Random): Report {
  const processed_stats: { [stat in ProcessedStat]?: number } = {};
  for (const stat of engine.stats) processed_stats[stat] = random.below(STAT_MOST[stat] + 1);
  return {
    ...(engine.stats.length === 0 ? {} : { processed_stats }),
    ...(engine.inputs.length === 0 ? {} : { inputs: counts(engine.inputs, random) }),
    ...(engine.outputs.length === 0 ? {} : { outputs: counts(engine.outputs, random) }),
    ...(engine.counts_always ? { error_count: 0, retry_count: 0 } : {}),
    ...(engine.says_none ? { failure_reason: 'none' } : {}),
  };
}

function counts(ids: readonly string[], random: Random): Map<string, number> {
  const map = new Map<string, number>();
  for (const id of ids) map.set(id, random.below(40));
  return map;
}

/** The same work, with errors. */
export function withErrors(work: Report, failure_reason: FailureReason | undefined, random: Random): Report {
  const error_count = random.between(1, 3);
  const errors = Array.from({ length: error_count }, () => ({
    id: `E${random.between(100, 599)}`,
    msg: `${failure_reason ?? 'unexpected'}: chunk ${random.below(10_000)} was not processed`,
  }));
  return {
    ...work,
    error_count,
    errors,
    ...(random.chance(0.5) ? { retry_count: random.between(1, 2) } : {}),
    ...(failure_reason === undefined ? {} : { failure_reason }),
  };
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
