// The tasks, narrowed by what the address says, a million of them if need be.

import { useAddress, useSetFilters } from '../address.ts';
import { counted } from '../format/number.ts';
import { FAILURE_REASONS, LIVENESSES, STATUSES } from '../format/words.ts';
import { useValue } from '../live/observable.ts';
import { fleet } from '../live/overview.ts';
import { Chips, Choice, IdField } from '../parts/filter.tsx';
import { type TaskSort, TaskTable, useTasks } from '../parts/task-table.tsx';

/** The filter's name in the address → in the API. */
const FILTERS: Readonly<Record<string, string>> = {
  status: 'task_status',
  liveness: 'liveness',
  failure_reason: 'failure_reason',
  engine: 'engine_id',
  job: 'internal_job_id',
  drifted: 'drifted',
};

export function queryOf(filters: ReadonlyMap<string, string>): string {
  const known = Object.entries(FILTERS).flatMap(([name, field]) => {
    const value = filters.get(name);
    return value ? [[field, value] as [string, string]] : [];
  });
  return known.length === 0 ? '' : `?${new URLSearchParams(known)}`;
}

/** Without one in the address the API has an order of its own: of a job's tasks, of silent and stalled ones, another. */
function sortOf(filters: ReadonlyMap<string, string>): TaskSort | undefined {
  if (filters.has('sort')) return filters.get('sort') === 'last_update' ? 'last_update' : 'status';
  const liveness = filters.get('liveness');
  return filters.has('job') || liveness === 'silent' || liveness === 'stalled' ? undefined : 'status';
}

export function TasksView() {
  const { filters } = useAddress();
  const set = useSetFilters();
  const told = useValue(fleet)?.fleet;
  const query = queryOf(filters);
  const sort = sortOf(filters);
  const isNewest = filters.get('order') !== 'oldest';
  const asked = new URLSearchParams(query);
  if (sort !== undefined && filters.has('sort')) asked.set('sort', sort);
  if (!isNewest) asked.set('order', 'oldest');
  const list = useTasks(asked.size === 0 ? '' : `?${asked}`);
  return (
    <>
      <div class="head">
        <h1>Tasks</h1>
        <span class="aside" role="status">
          {query === '' ? told && counted(told.tasks, 'task') : list.total !== undefined && counted(list.total, 'task')}
        </span>
      </div>
      <div class="filters">
        <Chips
          label="Status"
          names={STATUSES}
          counts={told?.tasks_by_status}
          chosen={filters.get('status')}
          choose={(status) => set({ status })}
        />
      </div>
      <div class="filters">
        <Choice
          label="Engines are"
          names={LIVENESSES}
          chosen={filters.get('liveness')}
          choose={(liveness) => set({ liveness })}
        />
        <Choice
          label="Reason"
          names={FAILURE_REASONS}
          chosen={filters.get('failure_reason')}
          choose={(failure_reason) => set({ failure_reason })}
        />
        <IdField label="Engine" value={filters.get('engine')} set={(engine) => set({ engine })} />
        <IdField label="Job" value={filters.get('job')} set={(job) => set({ job })} />
        {query !== '' && (
          <button
            type="button"
            class="button"
            onClick={() => set(Object.fromEntries(Object.keys(FILTERS).map((name) => [name, undefined])))}
          >
            Clear
          </button>
        )}
      </div>
      <TaskTable
        list={list}
        sort={{
          by: sort,
          isNewest,
          set: (by) => set({ sort: by, order: by === sort && isNewest ? 'oldest' : undefined }),
        }}
      />
    </>
  );
}
