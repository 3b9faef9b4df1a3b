// The counters of a task's inputs and outputs: the sum of the deltas against the total that its reporters tell. They are the
// same where nothing was lost or counted twice.

import type { TaskDocument } from '../documents.ts';
import { counted, exact } from '../format/number.ts';
import { Icon } from './icon.tsx';
import { Empty } from './states.tsx';

type Io = NonNullable<TaskDocument['inputs']>[number];

export function IoCounters({ task }: { task: TaskDocument }) {
  const { inputs = [], outputs = [] } = task;
  if (inputs.length + outputs.length === 0) return <Empty title="None reported" />;
  return (
    <>
      <Side title="Inputs" ios={inputs} />
      <Side title="Outputs" ios={outputs} />
      {task.ios_dropped !== undefined && <p class="quiet">{counted(task.ios_dropped, 'counter')} more than are kept</p>}
    </>
  );
}

function Side({ title, ios }: { title: string; ios: readonly Io[] }) {
  if (ios.length === 0) return null;
  return (
    <>
      <h3>{title}</h3>
      <ul class="ios">
        {ios.map((io) => (
          <IoRow key={io.id} io={io} />
        ))}
      </ul>
    </>
  );
}

function IoRow({ io: { id, processed_count: count, processed_total_count: total } }: { io: Io }) {
  const isAudited = count !== undefined && total !== undefined;
  const drift = isAudited ? count - total : 0;
  const most = Math.max(count ?? 0, total ?? 0, 1);
  return (
    <li>
      <span class="mono io-id" title={id}>
        {id}
      </span>
      <span class="io-bar" aria-hidden="true">
        <i style={{ width: `${((count ?? total ?? 0) / most) * 100}%` }} />
        {isAudited && <b style={{ left: `${(total / most) * 100}%` }} />}
      </span>
      <span class="io-figures">
        {count === undefined ? '–' : exact(count)}
        <span class="quiet"> of {total === undefined ? '–' : exact(total)}</span>
      </span>
      <span class="io-verdict" data-drift={drift !== 0 ? '' : undefined}>
        {!isAudited ? (
          <span class="quiet">not audited</span>
        ) : drift === 0 ? (
          <>
            <Icon name="complete" />
            <span class="unseen">the same</span>
          </>
        ) : (
          `${drift > 0 ? '+' : '−'}${exact(Math.abs(drift))}`
        )}
      </span>
    </li>
  );
}
