// The figures of a job or an engine: its tasks by status and by liveness, and what they counted.

import type { ComponentChildren } from 'preact';
import { pathTo } from '../address.ts';
import type { EngineDocument, JobDocument } from '../documents.ts';
import { bytes, counted, exact } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { LIVENESSES, STATUSES } from '../format/words.ts';
import { Shares } from './shares.tsx';
import { Fact } from './task-facts.tsx';
import { Panel, Time } from './text.tsx';

interface RollUpPanelsProps {
  readonly document: JobDocument | EngineDocument;
  /** of the task list */
  readonly filter: Readonly<Record<string, string>>;
  readonly children?: ComponentChildren;
}

export function RollUpPanels({ document: told, filter, children }: RollUpPanelsProps) {
  const { updates, processed_stats: stats, retired } = told;
  return (
    <div class="roll-up-grid">
      <Panel title="Tasks by status" aside={counted(told.tasks, 'task')}>
        <Shares
          counts={told.tasks_by_status}
          names={shown(STATUSES, told.tasks_by_status)}
          field="status"
          of={told.tasks}
          filter={filter}
        />
        <h3>Are their engines heard?</h3>
        <Shares
          counts={told.tasks_by_liveness}
          names={shown(LIVENESSES, told.tasks_by_liveness)}
          field="liveness"
          of={told.tasks}
          filter={filter}
        />
      </Panel>
      <Panel title="Figures">
        <dl class="facts">
          <Fact name="Updates">
            {exact(updates.applied)} applied, {exact(updates.duplicate)} duplicate, {exact(updates.stale)} stale,{' '}
            {exact(updates.rejected)} rejected
          </Fact>
          <Fact name="Came re-routed">{exact(updates.came_rerouted)}</Fact>
          <Fact name="Errors, retries">
            {exact(told.error_count)}, {exact(told.retry_count)}
          </Fact>
          <Fact name="Failures">
            {Object.keys(told.failures_by_reason).length > 0 &&
              Object.entries(told.failures_by_reason).map(([reason, count]) => (
                <a key={reason} class="reason" href={pathTo('tasks', undefined, { ...filter, failure_reason: reason })}>
                  {exact(count)} {reason.replaceAll('_', ' ')}
                </a>
              ))}
          </Fact>
          <Fact name="Jobs created">{told.job_creations > 0 && exact(told.job_creations)}</Fact>
          <Fact name="Media">
            {stats.processed_media_seconds !== undefined && duration(Number(stats.processed_media_seconds) * 1_000)}
          </Fact>
          <Fact name="CPU">
            {stats.processed_cpu_milliseconds !== undefined && duration(Number(stats.processed_cpu_milliseconds))}
          </Fact>
          <Fact name="Chunks">{stats.processed_chunks !== undefined && exact(stats.processed_chunks)}</Fact>
          <Fact name="Bytes">{stats.processed_bytes !== undefined && bytes(stats.processed_bytes)}</Fact>
          <Fact name="First update">
            <Time at={told.first_update_at} />
          </Fact>
          <Fact name="Last update">
            <Time at={told.last_update_at} />
          </Fact>
          <Fact name="Retired">{retired.tasks > 0 && `${counted(retired.tasks, 'task')}, still in the sums`}</Fact>
        </dl>
      </Panel>
      {children}
    </div>
  );
}

/** Names that something has, in their order; all of them where nothing has any. */
function shown(names: readonly string[], counts: Readonly<Record<string, number | undefined>>): readonly string[] {
  return names.filter((name) => (counts[name] ?? 0) > 0);
}
