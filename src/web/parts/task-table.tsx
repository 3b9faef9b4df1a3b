// A list of tasks, wherever one is shown: in the task view, below a job, below an engine.

import { useMemo } from 'preact/hooks';
import { pathTo } from '../address.ts';
import type { TaskRow, TasksAnswer } from '../documents.ts';
import { exact } from '../format/number.ts';
import { type List, useList } from '../live/list.ts';
import { Icon } from './icon.tsx';
import { Empty, Loading, Trouble } from './states.tsx';
import { Status } from './status.tsx';
import { type Column, Table } from './table.tsx';
import { Id, Time } from './text.tsx';

const COLUMNS: readonly Column<TaskRow>[] = [
  {
    name: 'task',
    title: 'Task',
    cell: (task) => <Id id={task.internal_task_id} to={pathTo('tasks', task.internal_task_id)} />,
  },
  {
    name: 'state',
    title: 'Status',
    hint: 'Sorted by when the task came to it',
    cell: (task) => <Status status={task.task_status} />,
  },
  {
    name: 'liveness',
    title: 'Engines',
    hint: 'Whether its engines still report',
    cell: (task) => <Status status={task.liveness} />,
  },
  {
    name: 'job',
    title: 'Job',
    cell: (task) => task.internal_job_id && <Id id={task.internal_job_id} to={pathTo('jobs', task.internal_job_id)} />,
  },
  {
    name: 'engine',
    title: 'Engine',
    cell: (task) => task.engine_id && <Id id={task.engine_id} to={pathTo('engines', task.engine_id)} />,
  },
  {
    name: 'reason',
    title: 'Reason',
    hint: 'Why it failed, or what its errors came from',
    cell: (task) => reasonOf(task),
  },
  {
    name: 'errors',
    title: 'Errors',
    isNumber: true,
    cell: (task) => (task.error_count ? exact(task.error_count) : ''),
  },
  {
    name: 'updates',
    title: 'Updates',
    isNumber: true,
    hint: 'Updates that were applied',
    cell: (task) => exact(task.updates.applied),
  },
  {
    name: 'exact',
    title: 'Exact',
    hint: 'Whether each delta is known to be counted once',
    cell: (task) => <Exact task={task} />,
  },
  { name: 'last', title: 'Last update', isNumber: true, cell: (task) => <Time at={task.last_update_at} isRelative /> },
];

export function useTasks(query: string): List<TaskRow> {
  return useList<TasksAnswer, TaskRow>(`/api/tasks${query}`, tasksOf);
}

function tasksOf({ tasks }: TasksAnswer): readonly TaskRow[] {
  return tasks;
}

interface TaskTableProps {
  readonly list: List<TaskRow>;
  readonly without?: readonly string[];
  /** what the list is sorted by, newest first or last, and how that is changed */
  readonly sort?: {
    readonly by: TaskSort | undefined;
    readonly isNewest: boolean;
    readonly set: (by: TaskSort) => void;
  };
}

/** As the API names it. */
export type TaskSort = 'status' | 'last_update';

/** The column of each. */
const COLUMN_OF: Readonly<Record<TaskSort, string>> = { status: 'state', last_update: 'last' };
const SORTABLE = new Set(Object.values(COLUMN_OF));

export function TaskTable({ list, without = [], sort }: TaskTableProps) {
  const hidden = without.join();
  const columns = useMemo(() => COLUMNS.filter(({ name }) => !hidden.split(',').includes(name)), [hidden]);
  if (!list.hasBegun)
    return list.problem ? (
      <Trouble problem={list.problem} again={list.again} />
    ) : (
      <div class="panel">
        <Loading lines={12} />
      </div>
    );
  if (list.length === 0 && list.isComplete)
    return (
      <div class="panel">
        <Empty title="No task is like that">Nothing that is in Redis now passes these filters.</Empty>
      </div>
    );
  return (
    <>
      <Table
        label="Tasks"
        kind={`tasks-table${without.map((name) => ` no-${name}`).join('')}`}
        columns={columns}
        length={list.length}
        isOpen={!list.isComplete}
        isChanging={list.isChanging}
        row={list.row}
        keyOf={({ internal_task_id }) => internal_task_id}
        onLook={list.look}
        sort={
          sort && {
            by: sort.by === undefined ? '' : COLUMN_OF[sort.by],
            isDown: sort.isNewest,
            set: (column) => sort.set(column === COLUMN_OF.last_update ? 'last_update' : 'status'),
            can: SORTABLE,
          }
        }
      />
      <p class="table-end">{list.isComplete ? `These are all: ${exact(list.length)}` : 'Scroll on for more'}</p>
    </>
  );
}

function reasonOf({ failure_reason }: TaskRow) {
  return failure_reason === undefined || failure_reason === 'none' ? '' : failure_reason.replaceAll('_', ' ');
}

function Exact({ task: { ledger } }: { task: TaskRow }) {
  if (ledger.exact)
    return (
      <span class="exactness" data-exact title="Each delta is counted once">
        <Icon name="complete" />
        <span class="unseen">exact</span>
      </span>
    );
  return (
    <span class="exactness" title="A delta may be missing, or counted twice">
      <Icon name="unknown" />
      doubt
    </span>
  );
}
