// The engines that cause the most trouble, for its size: the ones to look at first.

import { useMemo } from 'preact/hooks';
import { pathTo } from '../address.ts';
import { figuresOf } from '../format/engine-figures.ts';
import { counted } from '../format/number.ts';
import { type Engines, useEngines } from '../live/engines.ts';
import { still } from '../live/still.ts';
import { Empty, Loading, Trouble } from './states.tsx';
import { Count, Id } from './text.tsx';

const SHOWN = 6;

export const EngineTrouble = still(() => {
  const { told, problem } = useEngines();
  const ranked = useMemo(() => (told === undefined ? [] : rankedBy(told)), [told]);
  if (told === undefined) return problem === undefined ? <Loading lines={SHOWN} /> : <Trouble problem={problem} />;
  if (ranked.length === 0)
    return <Empty title="No engine is in trouble">No errors, failures, silence or rejects.</Empty>;
  const most = ranked[0]!.trouble;
  return (
    <ol class="trouble">
      {ranked.slice(0, SHOWN).map(({ engine_id, trouble, silent, stalled, failures, engine }) => (
        <li key={engine_id}>
          <Id id={engine_id} to={pathTo('engines', engine_id)} />
          <span class="meter" data-tone="bad" title={`${trouble.toFixed(2)} for each of its tasks`}>
            <i style={{ width: `${(trouble / most) * 100}%` }} />
          </span>
          <span class="trouble-why">
            <Part
              count={silent}
              what="silent"
              to={pathTo('tasks', undefined, { liveness: 'silent', engine: engine_id })}
            />
            <Part
              count={stalled}
              what="stalled"
              to={pathTo('tasks', undefined, { liveness: 'stalled', engine: engine_id })}
            />
            <Part
              count={failures}
              what="failures"
              to={pathTo('tasks', undefined, { status: 'failed', engine: engine_id })}
            />
            <Part
              count={Number(engine.error_count)}
              what="errors"
              to={pathTo('tasks', undefined, { engine: engine_id })}
            />
          </span>
        </li>
      ))}
      {!told.isWhole && <li class="quiet">Ranked among the first {counted(told.engines.length, 'engine')}</li>}
    </ol>
  );
});

function rankedBy({ engines }: Engines) {
  const ranked = engines.map(figuresOf).filter(({ trouble }) => trouble > 0);
  return ranked.sort((a, b) => b.trouble - a.trouble || (a.engine_id < b.engine_id ? -1 : 1));
}

function Part({ count, what, to }: { count: number; what: string; to: string }) {
  if (count === 0) return null;
  return (
    <span>
      <Count value={count} to={to} isShort /> {what}
    </span>
  );
}
