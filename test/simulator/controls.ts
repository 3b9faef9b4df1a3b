// Control records of a simulated world: valid ones that change a few settings up and down, repeated ones, other groups',
// and some that nobody obeys.

import type { FoldSettings } from '../../src/domain/fold-settings.ts';
import { CONTROL_HEADER } from '../../src/pipeline/source-header.ts';
import { encodeUpdate } from './memory-codec.ts';
import type { MemoryKafka } from './memory-kafka.ts';
import type { Schedule } from './schedule.ts';

/** The consumer group of every simulated process. */
export const GROUP = 'simulated';

const VALUES: { readonly [name in keyof FoldSettings]?: readonly number[] } = {
  errors_kept: [0, 1, 2, 10],
  reporters_kept: [1, 2, 256],
  priors_kept: [1, 2, 8],
  silence_after_s: [1, 2, 3],
  stalled_after_s: [1, 2, 4],
  retain_finished_s: [1, 2, 4],
  retain_silent_s: [2, 4, 6],
  tombstones_kept_s: [1, 2, 4, 8],
  looks_max: [1, 500],
};

/** Into one partition, or, as an operator does, into all; some time may pass between two of them. */
export function publishControl(kafka: MemoryKafka, schedule: Schedule): void {
  const names = Object.keys(VALUES) as (keyof typeof VALUES)[];
  const chosen = names.filter(() => schedule.chance(0.3));
  const settings = Object.fromEntries(
    chosen.map((name) => [name, VALUES[name]![schedule.below(VALUES[name]!.length)]]),
  );
  const change = `change-${schedule.below(5)}`;
  const group = schedule.chance(0.1) ? 'another' : GROUP;
  const text = schedule.chance(0.05) ? 'nonsense' : JSON.stringify({ group, change, settings });
  const headers = { [CONTROL_HEADER]: Buffer.from(text) };
  const record = { key: null, value: encodeUpdate(1, {}), headers };
  const only = schedule.chance(0.5) ? schedule.below(kafka.partitions) : null;
  for (let partition = 0; partition < kafka.partitions; partition++) {
    if (only !== null && only !== partition) continue;
    for (let times = schedule.chance(0.2) ? 2 : 1; times > 0; times--) kafka.append(partition, record);
  }
}
