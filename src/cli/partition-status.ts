// One partition for an operator: what Redis says joined with what Kafka says.

import { cureOf } from '../pipeline/halts.ts';
import { LOAD_MARK } from '../pipeline/ports.ts';
import type { PartitionDocument } from '../read/partition-document.ts';
import type { KafkaPositions } from './kafka-positions.ts';

/** All of the document, positions corrected by Kafka where it answered, and one word for how it stands. */
export interface PartitionStatus extends PartitionDocument {
  /** `running` and the owner's other states; `halted`, `torn`; `away`: nobody has reported for a while; `empty`: never folded */
  condition: string;
  log_start?: number;
}

/** An owner reports every second and at each change; beyond this it is gone, or its machine's clock is far off. */
const AWAY_AFTER_MS = 15_000;

/** @param positions null: Kafka does not answer, and the owners' last words stand */
export function partitionStatus(
  document: PartitionDocument,
  positions: KafkaPositions | null,
  nowMs: number,
): PartitionStatus {
  const status: PartitionStatus = { ...document, condition: conditionOf(document, nowMs) };
  const known = positions?.get(document.partition);
  if (known) {
    status.log_start = known.start;
    status.log_end = known.end;
    if (known.emitted === null) delete status.emitted;
    else status.emitted = known.emitted;
    if (document.watermark !== undefined) status.lag = Math.max(0, known.end - document.watermark);
  }
  return status;
}

function conditionOf(document: PartitionDocument, nowMs: number): string {
  const reported = document.seen_at === undefined ? Number.POSITIVE_INFINITY : nowMs - document.seen_at;
  // A halt stays a halt when its owner has gone: the next one will meet it again.
  if (document.halt) return 'halted';
  if (document.torn !== undefined) return 'torn';
  if (reported > AWAY_AFTER_MS) return document.watermark === undefined ? 'empty' : 'away';
  return document.state ?? 'empty';
}

/** What an operator is to do about the partition; undefined: nothing. */
export function cureOfStatus({ partition, halt, torn }: PartitionStatus): string | undefined {
  if (halt) return halt.cure;
  if (torn === undefined) return undefined;
  return cureOf(torn.startsWith(LOAD_MARK) ? 'load_unfinished' : 'torn_save', partition);
}
