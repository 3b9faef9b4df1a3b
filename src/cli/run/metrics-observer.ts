// Counts what the pipeline does: a few steps for each batch, each transaction, each fault. State is not counted here but
// shown at the scrape (metrics-of-state.ts).

import { FAILURE_KINDS, type NoticeBody } from '../../domain/notice.ts';
import { REJECT_REASONS } from '../../domain/outcome.ts';
import type { Metrics } from '../../observe/metrics.ts';
import type { BatchStep, PipelineObserver } from '../../pipeline/context.ts';
import { FAULTS, type FaultCode } from '../../pipeline/errors.ts';
import type { NoticeAtHand } from '../../pipeline/fold-batch.ts';

/** Engines with a series of their own; thousands may key wrongly, and fifty names are enough to begin with. */
const ENGINES_MAX = 50;
const ENGINE_CHARACTERS_MAX = 128;

/** One batch of one partition on its way through the steps. */
interface Stopwatch {
  step: BatchStep | null;
  since: number;
  saved: boolean;
  readonly spent: Map<BatchStep, number>;
}

/** @param now monotonic, ms */
export function createMetricsObserver(metrics: Metrics, now: () => number = () => performance.now()): PipelineObserver {
  const stopwatches = new Map<number, Stopwatch>();
  const transactions = new Map<number, number>();
  const retired = new Map<number, number>();
  const engines = new Set<string>();
  beginAtZero(metrics);

  const engineLabel = (engine_id: string | undefined): string => {
    if (!engine_id) return 'unreported';
    const label = engine_id.slice(0, ENGINE_CHARACTERS_MAX);
    if (engines.has(label)) return label;
    if (engines.size >= ENGINES_MAX) return 'other';
    engines.add(label);
    return label;
  };

  return {
    state(partition, state) {
      // Whatever was under way has ended without a result.
      if (state !== 'running') stopwatches.delete(partition);
      if (state !== 'stopped') return;
      retired.delete(partition);
      transactions.delete(partition);
    },
    claimed(partition, { head }) {
      metrics.count('taskfold_claims_total', {});
      retired.set(partition, head.fleet.retired.tasks);
    },
    problem(_partition, { code }) {
      metrics.count('taskfold_faults_total', { code });
    },
    halted(_partition, { code }) {
      metrics.count('taskfold_halts_total', { code });
    },
    step(partition, step) {
      const at = now();
      const found = stopwatches.get(partition);
      if (found?.step) found.spent.set(found.step, (found.spent.get(found.step) ?? 0) + at - found.since);
      if (found && step !== 'fetch') {
        found.step = step;
        found.since = at;
        return;
      }
      if (found?.saved) {
        for (const [name, ms] of found.spent)
          metrics.observe('taskfold_batch_step_seconds', { step: name }, ms / 1_000);
      }
      stopwatches.set(partition, { step, since: at, saved: false, spent: new Map() });
    },
    lookedUp(_partition, { asked, read }) {
      metrics.count('taskfold_cache_lookups_total', { result: 'hit' }, asked - read);
      metrics.count('taskfold_cache_lookups_total', { result: 'miss' }, read);
    },
    folded(partition, { records, head, notices }) {
      const stopwatch = stopwatches.get(partition);
      if (stopwatch) stopwatch.saved = true;
      metrics.observe('taskfold_batch_records', {}, records);
      const before = retired.get(partition) ?? 0;
      const { tasks } = head.fleet.retired;
      if (tasks > before) metrics.count('taskfold_retirements_total', {}, tasks - before);
      retired.set(partition, tasks);
      for (const notice of notices) countNotice(metrics, notice, engineLabel);
    },
    emitting(partition) {
      transactions.set(partition, now());
    },
    emitted(partition, { messages }) {
      const began = transactions.get(partition);
      if (began !== undefined) metrics.observe('taskfold_transaction_seconds', {}, (now() - began) / 1_000);
      metrics.count('taskfold_messages_sent_total', {}, messages);
    },
  };
}

function countNotice(
  metrics: Metrics,
  { notice, update }: NoticeAtHand,
  engineLabel: (engine_id: string | undefined) => string,
): void {
  const { body } = notice;
  metrics.count('taskfold_notices_total', { kind: kindOf(body) });
  if (body.kind === 'reject') metrics.count('taskfold_rejects_total', { reason: body.reason });
  if (body.kind === 'reroute') {
    metrics.count('taskfold_rerouted_total', { engine_id: engineLabel(update?.engine_id ?? undefined) });
  }
}

function kindOf(body: NoticeBody): string {
  return body.kind === 'failure' ? body.facts.failure : body.kind;
}

/** A counter that appears with its first event shows no increase: whoever alerts on the increase would miss the first. */
function beginAtZero(metrics: Metrics): void {
  for (const code of Object.keys(FAULTS) as FaultCode[]) {
    const remedy = FAULTS[code];
    if (remedy === 'halt') metrics.count('taskfold_halts_total', { code }, 0);
    else if (remedy !== 'stop') metrics.count('taskfold_faults_total', { code }, 0);
  }
  for (const kind of [...FAILURE_KINDS, 'job_creation', 'reject', 'reroute']) {
    metrics.count('taskfold_notices_total', { kind }, 0);
  }
  for (const reason of REJECT_REASONS) metrics.count('taskfold_rejects_total', { reason }, 0);
  for (const result of ['hit', 'miss']) metrics.count('taskfold_cache_lookups_total', { result }, 0);
  for (const change of ['assigned', 'lost']) metrics.count('taskfold_assignments_total', { change }, 0);
  for (const service of ['kafka', 'registry', 'redis']) {
    metrics.count('taskfold_service_troubles_total', { service }, 0);
    metrics.count('taskfold_service_recoveries_total', { service }, 0);
  }
}
