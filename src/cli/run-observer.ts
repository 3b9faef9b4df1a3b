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
  const waiting = new Map<number, string>();
  return {
    state(partition, state) {
      if (state !== 'running') return logger.log('partition_state', { partition, state });
      const subject = waiting.get(partition);
      if (subject !== undefined) logger.over('partition_waiting', subject);
      waiting.delete(partition);
      logger.over('partition_halted', partition);
      logger.log('partition_running', { partition });
    },
    problem(partition, fault) {
      const subject = subjectOf(partition, fault);
      waiting.set(partition, subject);
      logger.log('partition_waiting', { partition, code: fault.code, reason: fault.message }, subject);
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
  return fault.code === 'service_unavailable' ? fault.code : `${fault.code} ${partition}`;
}
