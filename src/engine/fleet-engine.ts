// The engines of the simulated fleet: what each is like. It is drawn once from the seed and stays.

import type { ProcessedStat } from '../domain/task-state.ts';
import type { Random } from './random.ts';
import type { IoFigures } from './task-reporter.ts';

/**
 * How an engine's producer places its records. `task_id`: as the contract asks. `other_partitioner`: keyed, but placed by
 * CRC-32 as librdkafka does by default. `no_key`: anywhere. `no_key_one_partition`: no key, and always the same partition.
 */
export type Keying = 'task_id' | 'other_partitioner' | 'no_key' | 'no_key_one_partition';

export interface FleetEngine {
  readonly engine_id: string;
  /** chunk engines stay `running`, with several instances a task; stream engines report `complete` or `failed` */
  readonly kind: 'chunk' | 'stream';
  readonly keying: Keying;
  /** for `no_key_one_partition` */
  readonly partition: number;
  /** what it reports of processed_stats */
  readonly stats: readonly ProcessedStat[];
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly figures: IoFigures;
  /** says `failure_reason: none` when all is well (a value, not absence) */
  readonly says_none: boolean;
  /** reports error_count and retry_count in every update, also 0 */
  readonly counts_always: boolean;
  readonly task_route_id: string | undefined;
}

const STATS: readonly (readonly ProcessedStat[])[] = [
  ['processed_bytes', 'processed_cpu_milliseconds'],
  ['processed_chunks', 'processed_cpu_seconds', 'processed_media_seconds'],
  ['processed_bytes', 'processed_chunks', 'processed_media_seconds'],
  ['processed_chunks'],
  [],
];
const INPUTS: readonly (readonly string[])[] = [['media'], ['chunk-queue'], ['audio', 'video'], []];
const OUTPUTS: readonly (readonly string[])[] = [['vtn-standard'], ['transcript', 'objects'], ['chunks'], []];
const FIGURES: readonly IoFigures[] = ['deltas_and_totals', 'deltas_and_totals', 'deltas', 'totals'];

/**
 * Makes the fleet's engine number `index`.
 * @param tidy every engine keys as the contract asks
 */
export function makeEngine(index: number, partitions: number, random: Random, tidy: boolean): FleetEngine {
  const keying = tidy ? 'task_id' : keyingOf(index);
  return {
    engine_id: random.uuid(),
    // What is scattered over partitions has no known order, so only chunk engines, whose sums need none, do that.
    kind: keying === 'no_key' || random.chance(0.6) ? 'chunk' : 'stream',
    keying,
    partition: random.below(partitions),
    stats: random.pick(STATS),
    inputs: random.pick(INPUTS),
    outputs: random.pick(OUTPUTS),
    figures: random.pick(FIGURES),
    says_none: random.chance(0.3),
    counts_always: random.chance(0.4),
    task_route_id: random.chance(0.7) ? `route-${index % 16}` : undefined,
  };
}

/** Of 40 engines three place their records wrong: each in its own way, and also in a small fleet one of them. */
function keyingOf(index: number): Keying {
  switch (index % 40) {
    case 3:
      return 'other_partitioner';
    case 17:
      return 'no_key';
    case 29:
      return 'no_key_one_partition';
    default:
      return 'task_id';
  }
}
