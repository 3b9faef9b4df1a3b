// A line or bar chart over time, drawn by uPlot. It takes its colours from the design's own names, so it is drawn anew when
// dark and light change.

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { useValue } from '../live/observable.ts';
import { theme } from '../theme.ts';

export interface Line {
  readonly label: string;
  /** a name of the design, `--accent` */
  readonly colour: string;
  /** filled down to the ground */
  readonly isArea?: boolean;
  readonly isDashed?: boolean;
}

export interface ChartProps {
  /** what it shows, for those who do not see it */
  readonly summary: string;
  /** epoch s, ascending */
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** one row a line; null: not known */
  readonly values: readonly (readonly (number | null)[])[];
  readonly height: number;
  /** how the axis and the legend write a value */
  readonly write: (value: number) => string;
  /** the time that is shown, s, even where it is empty */
  readonly span_s: number;
  /** the least that the axis reaches */
  readonly top: number;
}

export function Chart(props: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const chosen = useValue(theme);
  const names = props.lines.map(({ label }) => label).join();
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = place.current!;
    const made = new uPlot(optionsOf(latest, element), dataOf(props), element);
    plot.current = made;
    const resized = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: props.height }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      made.destroy();
    };
  }, [chosen, names, props.height]);

  useEffect(() => {
    plot.current?.setData(dataOf(props));
  }, [props.times, props.values]);

  return (
    <figure class="chart" role="img" aria-label={props.summary}>
      <div ref={place} style={{ height: `${props.height}px` }} />
    </figure>
  );
}

function dataOf({ times, values }: ChartProps): uPlot.AlignedData {
  return [times as number[], ...(values as (number | null)[][])];
}

function optionsOf(latest: { current: ChartProps }, element: HTMLElement): uPlot.Options {
  const { lines, height } = latest.current;
  const colour = coloursOf(element);
  const font = `11px ${getComputedStyle(element).fontFamily}`;
  const axis = { stroke: colour('--ink-3'), font, ticks: { show: false }, border: { show: false } };
  return {
    width: Math.max(element.clientWidth, 100),
    height,
    padding: [8, 28, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: {
        time: true,
        range: (_, __, last) => {
          const end = last ?? Date.now() / 1_000;
          return [end - latest.current.span_s, end];
        },
      },
      y: { range: (_, __, most) => [0, Math.max(latest.current.top, (most ?? 0) * 1.08)] },
    },
    axes: [
      { ...axis, size: 24, gap: 6, space: 90, grid: { show: false }, values: (_, times) => times.map(clockText) },
      {
        ...axis,
        size: 46,
        gap: 6,
        space: 34,
        grid: { stroke: colour('--line'), width: 1 },
        values: (_, values) => values.map((value) => latest.current.write(value)),
      },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.label,
        stroke: colour(line.colour),
        width: 1.75,
        points: { show: false },
        ...(line.isDashed ? { dash: [4, 4] } : {}),
        ...(line.isArea ? { fill: colour(line.colour, 14) } : {}),
      })),
    ],
  };
}

/** The canvas knows no custom properties, and those that differ by dark and light are resolved by an element only. */
function coloursOf(element: HTMLElement): (name: string, percent?: number) => string {
  return (name, percent = 100) => {
    element.style.color = `color-mix(in srgb, var(${name}) ${percent}%, transparent)`;
    const { color } = getComputedStyle(element);
    element.style.color = '';
    return color;
  };
}

function clockText(seconds: number): string {
  return new Date(seconds * 1_000).toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}
