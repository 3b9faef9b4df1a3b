// The jobs, with how far the tasks of each are.

import { pathTo, useAddress, useSetFilters } from '../address.ts';
import type { JobDocument, JobsAnswer } from '../documents.ts';
import { counted, exact } from '../format/number.ts';
import { useList } from '../live/list.ts';
import { Progress, progressText } from '../parts/progress.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Count, Id, Time } from '../parts/text.tsx';

const COLUMNS: readonly Column<JobDocument>[] = [
  { name: 'job', title: 'Job', cell: ({ internal_job_id: id }) => <Id id={id} to={pathTo('jobs', id)} /> },
  {
    name: 'progress',
    title: 'Progress',
    hint: 'Tasks by status',
    cell: (job) => <Progress counts={job.tasks_by_status} of={job.tasks} />,
  },
  { name: 'done', title: 'Finished', cell: (job) => progressText(job.tasks_by_status, job.tasks) },
  {
    name: 'tasks',
    title: 'Tasks',
    isNumber: true,
    cell: (job) => <Count value={job.tasks} to={pathTo('tasks', undefined, { job: job.internal_job_id })} />,
  },
  {
    name: 'silent',
    title: 'Silent',
    isNumber: true,
    cell: ({ tasks_by_liveness: { silent = 0 } }) =>
      silent === 0 ? (
        <span class="quiet">0</span>
      ) : (
        <span class="alarm" data-tone="bad">
          {exact(silent)}
        </span>
      ),
  },
  { name: 'failures', title: 'Failures', isNumber: true, cell: ({ failures_by_reason }) => sumOf(failures_by_reason) },
  { name: 'errors', title: 'Errors', isNumber: true, cell: ({ error_count }) => quietZero(error_count) },
  { name: 'last', title: 'Last update', isNumber: true, cell: (job) => <Time at={job.last_update_at} isRelative /> },
];

/** Jobs that are not over can be sorted by it; all of them, and by sums over partitions, by nothing but their ids. */
const SORTABLE = new Set(['last']);

export function JobsView() {
  const { filters } = useAddress();
  const set = useSetFilters();
  const isOpen = filters.get('open') === 'true';
  const isNewest = filters.get('order') !== 'oldest';
  const query = isOpen ? `?open=true${isNewest ? '' : '&order=oldest'}` : '';
  const list = useList<JobsAnswer, JobDocument>(`/api/jobs${query}`, jobsOf);
  const turn = () => set({ order: isNewest ? 'oldest' : undefined });
  return (
    <>
      <div class="head">
        <h1>Jobs</h1>
        <span class="aside">{list.total !== undefined && counted(list.total, 'job')}</span>
      </div>
      <div class="filters">
        <button
          type="button"
          class="chip"
          aria-pressed={isOpen}
          onClick={() => set({ open: isOpen ? undefined : 'true', order: undefined })}
        >
          Under way
        </button>
      </div>
      {!list.hasBegun ? (
        list.problem === undefined ? (
          <div class="panel">
            <Loading lines={12} />
          </div>
        ) : (
          <Trouble problem={list.problem} again={list.again} />
        )
      ) : list.length === 0 && list.isComplete ? (
        <div class="panel">
          {isOpen ? (
            <Empty title="No job is under way">All tasks of every job have ended.</Empty>
          ) : (
            <Empty title="No job yet">A job shows here with the first task that names it.</Empty>
          )}
        </div>
      ) : (
        <div class="live-part">
          <Table
            label="Jobs"
            kind="jobs-table"
            columns={COLUMNS}
            length={list.length}
            isOpen={!list.isComplete}
            row={list.row}
            keyOf={({ internal_job_id }) => internal_job_id}
            onLook={list.look}
            isChanging={list.isChanging}
            sort={isOpen ? { by: 'last', isDown: isNewest, set: turn, can: SORTABLE } : undefined}
          />
          <p class="table-end">{list.isComplete ? `These are all: ${exact(list.length)}` : 'Scroll on for more'}</p>
        </div>
      )}
    </>
  );
}

function jobsOf({ jobs }: JobsAnswer): readonly JobDocument[] {
  return jobs;
}

function sumOf(counts: JobDocument['failures_by_reason']) {
  const sum = Object.values(counts).reduce<number>((total, count) => total + Number(count), 0);
  return quietZero(sum);
}

function quietZero(count: JobDocument['error_count']) {
  return Number(count) === 0 ? <span class="quiet">0</span> : exact(count);
}
