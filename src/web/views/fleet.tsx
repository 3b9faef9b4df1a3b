// The fleet at a glance: what needs somebody, how fast it goes, and where everything is. Each number leads to its list.

import type { FleetDocument, PartitionsAnswer } from '../documents.ts';
import { counted } from '../format/number.ts';
import { LIVENESSES, STATUSES } from '../format/words.ts';
import { connection } from '../live/ask.ts';
import { standingOf } from '../live/health.ts';
import type { Sample } from '../live/history.ts';
import { useValue } from '../live/observable.ts';
import { fleet, history, partitions } from '../live/overview.ts';
import { Attention } from '../parts/attention.tsx';
import { Conservation } from '../parts/conservation.tsx';
import { EngineTrouble } from '../parts/engine-trouble.tsx';
import { COURSE_MINUTES, FailureCourses } from '../parts/failure-courses.tsx';
import { KeyFigures } from '../parts/key-figures.tsx';
import { PartitionGrid } from '../parts/partition-grid.tsx';
import { Shares } from '../parts/shares.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { Panel } from '../parts/text.tsx';
import { Throughput } from '../parts/throughput.tsx';

export function FleetView() {
  const told = useValue(fleet);
  const slots = useValue(partitions);
  const samples = useValue(history);
  const { problem } = useValue(connection);
  return (
    <>
      <div class="head">
        <h1>Fleet</h1>
        {slots !== undefined && <Scope told={slots} />}
      </div>
      {told === undefined && problem !== undefined ? (
        <Trouble problem={problem} />
      ) : told !== undefined && (told.fleet === null || told.fleet.updates.received === 0) ? (
        <Empty title="No update has come yet">
          Engines publish to the input topic; what they report shows here within a second. To see it move: taskfold
          simulate
        </Empty>
      ) : (
        <Body fleet={told?.fleet ?? undefined} slots={slots} samples={samples} />
      )}
    </>
  );
}

interface BodyProps {
  fleet: FleetDocument | undefined;
  slots: PartitionsAnswer | undefined;
  samples: readonly Sample[];
}

function Body({ fleet: told, slots, samples }: BodyProps) {
  return (
    <div class="live-part">
      <Attention fleet={told} told={slots} />
      <KeyFigures fleet={told} samples={samples} />
      <div class="fleet-grid">
        <div class="column">
          <Panel title="Updates" aside="a second, while this page is open">
            <Throughput samples={samples} />
            {told === undefined ? <Loading lines={1} /> : <Conservation updates={told.updates} />}
          </Panel>
          <Panel title="Failures by reason" aside={`the last ${COURSE_MINUTES} minutes, and so far`}>
            {told === undefined ? <Loading lines={12} /> : <FailureCourses fleet={told} samples={samples} />}
          </Panel>
        </div>
        <div class="column">
          <Panel title="Tasks by status" aside={told && counted(told.tasks, 'task')}>
            {told === undefined ? (
              <Loading lines={10} />
            ) : (
              <Shares counts={told.tasks_by_status} names={STATUSES} field="status" of={told.tasks} />
            )}
          </Panel>
          <Panel title="Are their engines heard?">
            {told === undefined ? (
              <Loading lines={5} />
            ) : (
              <Shares counts={told.tasks_by_liveness} names={LIVENESSES} field="liveness" of={told.tasks} />
            )}
          </Panel>
          <Panel title="Partitions" aside={<a href="/processors">Processors</a>}>
            {slots === undefined ? <Loading lines={3} /> : <PartitionGrid told={slots} />}
          </Panel>
        </div>
      </div>
      <Panel title="Engines in trouble" aside={<a href="/engines">All engines</a>}>
        <EngineTrouble />
      </Panel>
    </div>
  );
}

function Scope({ told: { partitions: slots, as_of } }: { told: PartitionsAnswer }) {
  const owners = new Set(slots.flatMap((one) => (standingOf(one, as_of.read_at) === 'ownerless' ? [] : [one.owner])));
  owners.delete(undefined);
  return (
    <span class="aside">
      <a href="/processors">
        {counted(slots.length, 'partition')}, {counted(owners.size, 'processor')}
      </a>
    </span>
  );
}
