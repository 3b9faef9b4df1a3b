// The face of the demo's board: the figures of the moment, and who works on which partitions.

import type { TruthSummary } from '../../src/engine/truth.ts';
import { bar, count, type Face } from './board.ts';
import type { DemoOptions } from './options.ts';
import type { Processor } from './processor.ts';
import type { Sight } from './watch.ts';

const BAR_CHARACTERS = 40;
const RATE_OVER_MS = 3_000;

export function faceOf(
  options: DemoOptions,
  fleet: TruthSummary,
  sights: readonly Sight[],
  processors: readonly Processor[],
): Face {
  const sight = sights.at(-1);
  const seconds = Math.min(fleet.seconds, options.seconds);
  const figures = {
    published: count(fleet.published),
    folded: count(sight?.folded ?? 0),
    lag: count(sight?.lag ?? 0),
    rate: `${count(rateOf(sights))}/s`,
    failures: count(sight?.failures ?? 0),
    jobs: count(sight?.job_creations ?? 0),
    rerouted: count(sight?.rerouted ?? 0),
    rejected: count(sight?.rejected ?? 0),
    tasks: count(sight?.tasks ?? 0),
  };
  const cell = (name: keyof typeof figures, width: number) => `${name} ${figures[name].padStart(width)}`;
  return {
    block: [
      `  ${bar(fleet.published / (options.rate * options.seconds), BAR_CHARACTERS)}  ${seconds.toFixed(0)} of ${options.seconds} s`,
      `  ${cell('published', 10)}   ${cell('folded', 10)}   ${cell('lag', 7)}   ${cell('rate', 9)}`,
      `  ${cell('tasks', 14)}   ${cell('failures', 8)}   ${cell('jobs', 6)}   ${cell('rerouted', 6)}   ${cell('rejected', 4)}`,
      ...processors.map((processor) => `  ${processorText(processor, sight)}`),
    ],
    line:
      `published ${figures.published}  folded ${figures.folded}  lag ${figures.lag}  ` +
      `${figures.rate}  failures ${figures.failures}  jobs ${figures.jobs}`,
  };
}

function processorText(processor: Processor, sight: Sight | undefined): string {
  const name = `processor ${processor.name} (pid ${processor.pid})`;
  if (!processor.isRunning) return `${name}  ended`;
  const owned = (sight?.owners ?? []).flatMap((owner, partition) => (processor.owns(owner) ? [partition] : []));
  return `${name}  ${owned.length === 0 ? 'joins' : `partitions ${owned.join(' ')}`}`;
}

/** Updates folded a second, over the last seconds. */
function rateOf(sights: readonly Sight[]): number {
  const last = sights.at(-1);
  if (!last) return 0;
  const first = sights.find(({ at }) => last.at - at <= RATE_OVER_MS) ?? last;
  return last.at === first.at ? 0 : ((last.folded - first.folded) * 1_000) / (last.at - first.at);
}
