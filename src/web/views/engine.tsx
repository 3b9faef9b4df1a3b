// One engine: what it costs against its peers, how it behaves, and its tasks.

import { useMemo } from 'preact/hooks';
import type { EngineAnswer } from '../documents.ts';
import { CONDUCT, figuresOf, medianOf } from '../format/engine-figures.ts';
import { exact, rate } from '../format/number.ts';
import { useEngines } from '../live/engines.ts';
import { useResource } from '../live/resource.ts';
import { RollUpPanels } from '../parts/roll-up-panels.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { Fact } from '../parts/task-facts.tsx';
import { TaskTable, useTasks } from '../parts/task-table.tsx';
import { Copy, Panel } from '../parts/text.tsx';
import { Cost, Share } from './engines.tsx';

const EVERY_MS = 2_000;

export function EngineView({ id }: { id: string }) {
  const { document: told, problem } = useResource<EngineAnswer>(`/api/engines/${encodeURIComponent(id)}`, EVERY_MS);
  const { told: all } = useEngines();
  const tasks = useTasks(`?engine_id=${encodeURIComponent(id)}`);
  const medians = useMemo(() => {
    const figures = (all?.engines ?? []).map(figuresOf);
    return {
      media: medianOf(figures.map(({ cpu_ms_per_media_s }) => cpu_ms_per_media_s)),
      chunk: medianOf(figures.map(({ cpu_ms_per_chunk }) => cpu_ms_per_chunk)),
    };
  }, [all]);
  const figures = told && figuresOf(told.engine);
  return (
    <>
      <div class="head">
        <span class="kind">Engine</span>
        <h1 class="mono task-title" title={id}>
          {id}
        </h1>
        <Copy text={id} what="the engine's id" />
      </div>
      {told === undefined || figures === undefined ? (
        <div class="panel">
          {problem === undefined ? (
            <Loading lines={6} />
          ) : problem.kind === 'not_found' ? (
            <Empty title="There is no such engine">None of the tasks in Redis has it.</Empty>
          ) : (
            <Trouble problem={problem} />
          )}
        </div>
      ) : (
        <div class="live-part">
          <RollUpPanels document={told.engine} filter={{ engine: id }}>
            <Panel title="Cost and conduct">
              <dl class="facts">
                <Fact name="Updates a second">{all && rate(all.rates.get(id) ?? 0)}</Fact>
                <Fact name="CPU ms per media s">
                  <Cost value={figures.cpu_ms_per_media_s} median={medians.media} />
                  <Median value={medians.media} />
                </Fact>
                <Fact name="CPU ms per chunk">
                  <Cost value={figures.cpu_ms_per_chunk} median={medians.chunk} />
                  <Median value={medians.chunk} />
                </Fact>
                <Fact name="Errors per update">{figures.errors_per_update.toFixed(3)}</Fact>
                {CONDUCT.map(({ figure, title }) => (
                  <Fact key={figure} name={title}>
                    <Share value={figures[figure]} />
                  </Fact>
                ))}
              </dl>
            </Panel>
          </RollUpPanels>
          <h2 class="section">Its tasks</h2>
          <TaskTable list={tasks} without={['engine']} />
        </div>
      )}
    </>
  );
}

function Median({ value }: { value: number | undefined }) {
  return value === undefined ? null : (
    <span class="quiet"> median {value < 100 ? value.toFixed(1) : exact(Math.round(value))}</span>
  );
}
