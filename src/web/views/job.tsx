// One job: how far it is, what its tasks counted, and the tasks themselves.

import type { JobAnswer } from '../documents.ts';
import { useResource } from '../live/resource.ts';
import { Progress, progressText } from '../parts/progress.tsx';
import { RollUpPanels } from '../parts/roll-up-panels.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { TaskTable, useTasks } from '../parts/task-table.tsx';
import { Copy } from '../parts/text.tsx';

const EVERY_MS = 2_000;

export function JobView({ id }: { id: string }) {
  const { document: told, problem } = useResource<JobAnswer>(`/api/jobs/${encodeURIComponent(id)}`, EVERY_MS);
  const tasks = useTasks(`?internal_job_id=${encodeURIComponent(id)}`);
  return (
    <>
      <div class="head">
        <span class="kind">Job</span>
        <h1 class="mono task-title" title={id}>
          {id}
        </h1>
        <Copy text={id} what="the job's id" />
      </div>
      {told === undefined ? (
        <div class="panel">
          {problem === undefined ? (
            <Loading lines={6} />
          ) : problem.kind === 'not_found' ? (
            <Empty title="There is no such job">None of the tasks in Redis has it.</Empty>
          ) : (
            <Trouble problem={problem} />
          )}
        </div>
      ) : (
        <div class="live-part">
          <div class="panel job-progress">
            <strong>{progressText(told.job.tasks_by_status, told.job.tasks)} finished</strong>
            <Progress counts={told.job.tasks_by_status} of={told.job.tasks} />
          </div>
          <RollUpPanels document={told.job} filter={{ job: id }} />
          <h2 class="section">Its tasks</h2>
          <TaskTable list={tasks} without={['job']} />
        </div>
      )}
    </>
  );
}
