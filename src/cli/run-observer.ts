// Turns what the pipeline does into log lines and totals.

import type { Logger } from '../observe/logger.ts';
import type { PipelineObserver } from '../pipeline/context.ts';
import type { Fault } from '../pipeline/errors.ts';

export interface RunTotals {
  /** records that this process folded and saved; one that was folded again after a loss counts again */
  records: number;
  /** messages of committed transactions */
  messages: number;
}

/** @param onFolded told the new W of a partition */
export function createRunObserver(
  logger: Logger,
  totals: RunTotals,
  onFolded: (partition: number, watermark: number) => void,
): PipelineObserver {
  const waiting = new Map<number, Set<string>>();
  return {
    state(partition, state) {
      if (state !== 'running') return logger.log('partition_state', { partition, state });
      for (const subject of waiting.get(partition) ?? []) logger.over('partition_waiting', subject);
      waiting.delete(partition);
      logger.over('partition_halted', partition);
      logger.log('partition_running', { partition });
    },
    problem(partition, fault) {
      const subject = subjectOf(partition, fault);
      waiting.set(partition, (waiting.get(partition) ?? new Set()).add(subject));
      const { code, service, message: reason } = fault;
      logger.log('partition_waiting', { partition, code, ...(service ? { service } : {}), reason }, subject);
    },
    halted(partition, fault, cure) {
      logger.log('partition_halted', { partition, code: fault.code, reason: fault.message, cure }, partition);
    },
    resumed(partition) {
      logger.over('partition_halted', partition);
      logger.log('partition_resumed', { partition });
    },
    folded(partition, { records, to }) {
      totals.records += records;
      onFolded(partition, to);
    },
    settingsChanged(partition, { change, offset, settings }) {
      logger.log('settings_changed', { partition, change, offset, settings });
    },
    emitted(_partition, { messages }) {
      totals.messages += messages;
    },
  };
}

// A service that is away meets every partition at once, and is said once; what is a partition's own is said for each.
function subjectOf(partition: number, fault: Fault): string {
  const { code, service } = fault;
  return code === 'service_unavailable' ? `${code} ${service}` : `${code} ${partition}`;
}
