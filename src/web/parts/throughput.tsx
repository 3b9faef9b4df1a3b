// Updates in and folded, a second: two lines that lie on each other while all is well.

import { rate } from '../format/number.ts';
import type { Sample } from '../live/history.ts';
import { still } from '../live/still.ts';
import { Chart, type Line } from './chart.tsx';

const SPAN_S = 300;
const LINES: readonly Line[] = [
  { label: 'folded', colour: '--accent', isArea: true },
  { label: 'in', colour: '--ink-2', isDashed: true },
];

export const Throughput = still(({ samples }: { samples: readonly Sample[] }) => {
  const folded = samples.map(({ folded_per_s }) => folded_per_s ?? null);
  const incoming = samples.map(({ logged_per_s }) => logged_per_s ?? null);
  const summary = `Updates a second: in ${rate(incoming.at(-1) ?? 0)}, folded ${rate(folded.at(-1) ?? 0)}`;
  return (
    <>
      <ul class="legend">
        <li>
          <i class="line solid" /> folded
        </li>
        <li>
          <i class="line dashed" /> in
        </li>
      </ul>
      <Chart
        summary={summary}
        times={samples.map(({ at }) => at / 1_000)}
        lines={LINES}
        values={[folded, incoming]}
        height={180}
        write={rate}
        span_s={SPAN_S}
        top={10}
      />
    </>
  );
});
