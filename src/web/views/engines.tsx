// The engines beside each other: how fast, how faulty, how dear, how well-behaved; sorted by what is asked for.

import { useMemo } from 'preact/hooks';
import { pathTo, useAddress, useSetFilters } from '../address.ts';
import { CONDUCT, type EngineFigures, figuresOf, medianOf, STRAGGLER_TIMES } from '../format/engine-figures.ts';
import { counted, exact, percent, rate } from '../format/number.ts';
import { useEngines } from '../live/engines.ts';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Count, Id, Time } from '../parts/text.tsx';

interface Row extends EngineFigures {
  readonly rate: number | undefined;
  /** medians of all engines */
  readonly media_median: number | undefined;
  readonly chunk_median: number | undefined;
}

const COLUMNS: readonly Column<Row>[] = [
  { name: 'engine', title: 'Engine', cell: ({ engine_id }) => <Id id={engine_id} to={pathTo('engines', engine_id)} /> },
  {
    name: 'tasks',
    title: 'Tasks',
    isNumber: true,
    cell: ({ engine, engine_id }) => (
      <Count value={engine.tasks} to={pathTo('tasks', undefined, { engine: engine_id })} />
    ),
  },
  { name: 'rate', title: 'Updates/s', isNumber: true, cell: (row) => (row.rate === undefined ? '–' : rate(row.rate)) },
  {
    name: 'silent',
    title: 'Silent',
    isNumber: true,
    cell: ({ silent, engine_id }) =>
      alarm(silent, 'bad', pathTo('tasks', undefined, { engine: engine_id, liveness: 'silent' })),
  },
  {
    name: 'stalled',
    title: 'Stalled',
    isNumber: true,
    cell: ({ stalled, engine_id }) =>
      alarm(stalled, 'warn', pathTo('tasks', undefined, { engine: engine_id, liveness: 'stalled' })),
  },
  {
    name: 'failures',
    title: 'Failures',
    isNumber: true,
    cell: ({ failures, engine_id }) =>
      alarm(failures, '', pathTo('tasks', undefined, { engine: engine_id, status: 'failed' })),
  },
  {
    name: 'errors',
    title: 'Errors/update',
    isNumber: true,
    hint: 'Errors for each update that was applied',
    cell: ({ errors_per_update }) => (errors_per_update === 0 ? quiet('0') : errors_per_update.toFixed(2)),
  },
  {
    name: 'media',
    title: 'CPU ms/media s',
    isNumber: true,
    hint: 'For each second of media, against the median of all engines',
    cell: (row) => <Cost value={row.cpu_ms_per_media_s} median={row.media_median} />,
  },
  {
    name: 'chunk',
    title: 'CPU ms/chunk',
    isNumber: true,
    hint: 'For each chunk, against the median of all engines',
    cell: (row) => <Cost value={row.cpu_ms_per_chunk} median={row.chunk_median} />,
  },
  ...CONDUCT.map(
    ({ name, figure, title, hint }): Column<Row> => ({
      name,
      title,
      hint,
      isNumber: true,
      cell: (row) => <Share value={row[figure]} />,
    }),
  ),
  {
    name: 'last',
    title: 'Last update',
    isNumber: true,
    cell: ({ engine }) => <Time at={engine.last_update_at} isRelative />,
  },
];

type Figure = (row: Row) => number;
const SORTS: Readonly<Record<string, Figure>> = {
  trouble: ({ trouble }) => trouble,
  tasks: ({ engine }) => engine.tasks,
  rate: (row) => row.rate ?? 0,
  silent: ({ silent }) => silent,
  stalled: ({ stalled }) => stalled,
  failures: ({ failures }) => failures,
  errors: ({ errors_per_update }) => errors_per_update,
  media: ({ cpu_ms_per_media_s }) => cpu_ms_per_media_s ?? 0,
  chunk: ({ cpu_ms_per_chunk }) => cpu_ms_per_chunk ?? 0,
  ...Object.fromEntries(CONDUCT.map(({ name, figure }): [string, Figure] => [name, (row) => row[figure]])),
  last: ({ engine }) => engine.last_update_at,
};
const SORTABLE = new Set(Object.keys(SORTS));

export function EnginesView() {
  const { filters } = useAddress();
  const set = useSetFilters();
  const { told, problem } = useEngines();
  const by = filters.get('sort') ?? 'trouble';
  const isDown = filters.get('order') !== 'up';

  const rows = useMemo(() => {
    if (told === undefined) return [];
    const figures = told.engines.map(figuresOf);
    const media_median = medianOf(figures.map(({ cpu_ms_per_media_s }) => cpu_ms_per_media_s));
    const chunk_median = medianOf(figures.map(({ cpu_ms_per_chunk }) => cpu_ms_per_chunk));
    const all = figures.map(
      (one): Row => ({ ...one, rate: told.rates.get(one.engine_id), media_median, chunk_median }),
    );
    const figure = SORTS[by] ?? SORTS.trouble!;
    const sign = isDown ? -1 : 1;
    return all.sort((a, b) => sign * (figure(a) - figure(b)) || (a.engine_id < b.engine_id ? -1 : 1));
  }, [told, by, isDown]);

  function sortBy(name: string) {
    set({ sort: name, order: by === name && isDown ? 'up' : undefined });
  }

  return (
    <>
      <div class="head">
        <h1>Engines</h1>
        <span class="aside">
          {told && counted(told.engines.length, 'engine')}
          {told === undefined ? null : by === 'trouble' ? (
            ', the most trouble first'
          ) : (
            <>
              {' · '}
              <button type="button" class="link" onClick={() => set({ sort: undefined, order: undefined })}>
                Rank by trouble
              </button>
            </>
          )}
        </span>
      </div>
      {told === undefined ? (
        problem === undefined ? (
          <div class="panel">
            <Loading lines={12} />
          </div>
        ) : (
          <Trouble problem={problem} />
        )
      ) : rows.length === 0 ? (
        <div class="panel">
          <Empty title="No engine has reported yet" />
        </div>
      ) : (
        <div class="live-part">
          <Table
            label="Engines"
            kind="engines-table"
            columns={COLUMNS}
            length={rows.length}
            row={(index) => rows[index]}
            keyOf={({ engine_id }) => engine_id}
            sort={{ by, isDown, set: sortBy, can: SORTABLE }}
          />
          {!told.isWhole && <p class="table-end">The first {exact(rows.length)}: more are not compared in a browser</p>}
        </div>
      )}
    </>
  );
}

function alarm(count: number, tone: string, to: string) {
  if (count === 0) return quiet('0');
  return (
    <span class="alarm" data-tone={tone}>
      <Count value={count} to={to} />
    </span>
  );
}

function quiet(text: string) {
  return <span class="quiet">{text}</span>;
}

/** A cost, and how many times its peers' it is where that stands out. */
export function Cost({ value, median }: { value: number | undefined; median: number | undefined }) {
  if (value === undefined) return quiet('–');
  const times = median === undefined || median === 0 ? 1 : value / median;
  const isStraggler = times >= STRAGGLER_TIMES;
  return (
    <span class="cost" data-straggler={isStraggler ? '' : undefined} title={`${times.toFixed(2)} times the median`}>
      {value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : exact(Math.round(value))}
      {isStraggler && <b>{times.toFixed(1)}×</b>}
    </span>
  );
}

export function Share({ value }: { value: number }) {
  return <span class={value === 1 ? 'quiet' : value < 0.95 ? 'low-share' : ''}>{percent(value)}</span>;
}
