// One task: what it is, whether its figures can be trusted, and the history that they come from.

import { useState } from 'preact/hooks';
import { useAddress } from '../address.ts';
import type { TaskAnswer, TaskDocument } from '../documents.ts';
import { counted, exact } from '../format/number.ts';
import { useResource } from '../live/resource.ts';
import { useUpdates } from '../live/updates.ts';
import { Icon } from '../parts/icon.tsx';
import { IoCounters } from '../parts/io-counters.tsx';
import { LedgerView } from '../parts/ledger-view.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { Status } from '../parts/status.tsx';
import { TaskFacts } from '../parts/task-facts.tsx';
import { Copy, Panel } from '../parts/text.tsx';
import { Timeline } from '../parts/timeline.tsx';

const EVERY_MS = 1_000;

export function TaskView({ id }: { id: string }) {
  const { document: told, problem } = useResource<TaskAnswer>(`/api/tasks/${encodeURIComponent(id)}`, EVERY_MS);
  const task = told?.task;
  return (
    <>
      <div class="head">
        <h1 class="mono task-title" title={id}>
          {id}
        </h1>
        <Copy text={id} what="the task's id" />
        {task !== undefined && (
          <span class="aside states">
            <Status status={task.task_status} />
            <Status status={task.liveness} />
            <Exactness task={task} />
          </span>
        )}
      </div>
      {task !== undefined ? (
        <Body task={task} />
      ) : problem?.kind === 'not_found' ? (
        <div class="panel">
          <Empty title="There is no such task">
            No update named it, or it was retired: finished tasks leave after 23 hours. Its history may still be in the
            log.
          </Empty>
        </div>
      ) : problem !== undefined ? (
        <Trouble problem={problem} />
      ) : (
        <div class="panel">
          <Loading lines={10} />
        </div>
      )}
    </>
  );
}

function Body({ task }: { task: TaskDocument }) {
  const { filters } = useAddress();
  const [chosen, choose] = useState<number | undefined>(numberOf(filters.get('offset')));
  const told = useUpdates(task.internal_task_id, task.source.last_offset);

  function show(offset: number) {
    choose(offset);
    requestAnimationFrame(() => document.getElementById(`offset-${offset}`)?.scrollIntoView({ block: 'center' }));
  }

  return (
    <div class="task-grid live-part">
      <Panel
        title="Ledger"
        class="all"
        aside={told.isLoading ? 'reading the log' : counted(told.updates.length, 'update')}
      >
        {told.hasBegun ? (
          <LedgerView updates={told.updates} choose={show} />
        ) : told.problem !== undefined ? (
          <Trouble problem={told.problem} again={told.again} />
        ) : (
          <Loading lines={3} />
        )}
      </Panel>
      <Panel title="Timeline" class="timeline-panel" aside="the newest first">
        {told.note !== undefined && <p class="quiet">{told.note}</p>}
        {told.hasBegun ? <Timeline updates={told.updates} chosen={chosen} choose={show} /> : <Loading lines={8} />}
      </Panel>
      <div class="task-side">
        <Panel title="Facts">
          <TaskFacts task={task} />
        </Panel>
        <Panel title="Inputs and outputs" aside="deltas, against the reporters' totals">
          <IoCounters task={task} />
        </Panel>
        {task.errors !== undefined && (
          <Panel title="Errors" aside={`${exact(task.error_count ?? 0)} counted, the newest kept`}>
            <ol class="errors">
              {[...task.errors].reverse().map(({ id, msg }, at) => (
                <li key={at}>
                  {id !== undefined && <strong>{id}</strong>} {msg}
                </li>
              ))}
            </ol>
          </Panel>
        )}
        {task.task_output !== undefined && (
          <Panel title="Output" aside={<Copy text={task.task_output} what="the output" />}>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
            <pre class="output" tabIndex={0}>
              {pretty(task.task_output)}
            </pre>
          </Panel>
        )}
      </div>
    </div>
  );
}

function Exactness({ task: { ledger } }: { task: TaskDocument }) {
  if (ledger.exact)
    return (
      <span class="exactness" data-exact title="Each delta that an engine published is counted once">
        <Icon name="complete" /> exact
      </span>
    );
  const reasons = [
    ...Object.entries(ledger.marks ?? {}).map(([mark, times]) => `${times} ${mark}`),
    ...(ledger.open_gaps ? [counted(ledger.open_gaps, 'open gap')] : []),
    ...(ledger.drifted_ios ? [counted(ledger.drifted_ios, 'drifted IO')] : []),
  ];
  return (
    <span class="exactness" title="A delta may be missing, or counted twice">
      <Icon name="alert" /> in doubt: {reasons.join(', ')}
    </span>
  );
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

const OUTPUT_MAX = 100_000;

function pretty(json: string): string {
  if (json.length > OUTPUT_MAX)
    return `${json.slice(0, OUTPUT_MAX)}\n… ${exact(json.length - OUTPUT_MAX)} more characters: copy them all`;
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
