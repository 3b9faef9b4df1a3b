// What a task is, as a list of names and values.

import type { ComponentChildren } from 'preact';
import { pathTo } from '../address.ts';
import type { TaskDocument } from '../documents.ts';
import { bytes, exact } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { Id, Time } from './text.tsx';

export function TaskFacts({ task }: { task: TaskDocument }) {
  const { updates, source } = task;
  const stats = task.processed_stats ?? {};
  return (
    <dl class="facts">
      <Fact name="Job">
        {task.internal_job_id && <Id id={task.internal_job_id} to={pathTo('jobs', task.internal_job_id)} />}
      </Fact>
      <Fact name="Engine">{task.engine_id && <Id id={task.engine_id} to={pathTo('engines', task.engine_id)} />}</Fact>
      <Fact name="Work request">{task.work_request_id && <Id id={task.work_request_id} />}</Fact>
      <Fact name="Route">{task.task_route_id}</Fact>
      <Fact name="Failure reason">{task.failure_reason?.replaceAll('_', ' ')}</Fact>
      <Fact name="First update">
        <Time at={task.first_update_at} />
      </Fact>
      <Fact name="Last update">
        <Time at={task.last_update_at} />{' '}
        <span class="quiet">
          (<Time at={task.last_update_at} isRelative />)
        </span>
      </Fact>
      <Fact name="Engines so since">
        <Time at={task.liveness_at} />
      </Fact>
      <Fact name="Attempts">{exact(task.attempts)}</Fact>
      <Fact name="Errors, retries">
        {exact(task.error_count ?? 0)}, {exact(task.retry_count ?? 0)}
      </Fact>
      <Fact name="Updates">
        {exact(updates.applied)} applied, {exact(updates.duplicate)} duplicate, {exact(updates.stale)} stale,{' '}
        {exact(updates.rejected)} rejected
        {updates.came_rerouted !== undefined && `; ${exact(updates.came_rerouted)} came re-routed`}
      </Fact>
      <Fact name="Jobs created">{task.job_creations > 0 && exact(task.job_creations)}</Fact>
      <Fact name="Media">
        {stats.processed_media_seconds !== undefined && duration(stats.processed_media_seconds * 1_000)}
      </Fact>
      <Fact name="CPU">
        {stats.processed_cpu_milliseconds !== undefined && duration(stats.processed_cpu_milliseconds)}
      </Fact>
      <Fact name="Chunks">{stats.processed_chunks !== undefined && exact(stats.processed_chunks)}</Fact>
      <Fact name="Bytes">{stats.processed_bytes !== undefined && bytes(stats.processed_bytes)}</Fact>
      <Fact name="Log">
        <a href={`/processors#partition-${source.partition}`}>partition {source.partition}</a>, offsets{' '}
        {source.first_offset} to {source.last_offset}
      </Fact>
    </dl>
  );
}

/** Left out where there is nothing to say. */
export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  if (children === undefined || children === false || children === '') return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
