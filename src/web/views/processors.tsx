// The partitions and who works on them: how far each is, what halts it and the cure, and what was rejected and why.

import { useEffect } from 'preact/hooks';
import type { PartitionDocument, PartitionsAnswer } from '../documents.ts';
import { counted, exact } from '../format/number.ts';
import { duration } from '../format/time.ts';
import { connection } from '../live/ask.ts';
import { type Standing, standingOf } from '../live/health.ts';
import { useValue } from '../live/observable.ts';
import { fleet, partitions } from '../live/overview.ts';
import { Halts } from '../parts/halts.tsx';
import { Icon, type IconName } from '../parts/icon.tsx';
import { Rejects } from '../parts/rejects.tsx';
import { Empty, Loading, Trouble } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';

interface Row extends PartitionDocument {
  readonly standing: Standing;
  /** ms by which it is behind; undefined: not known */
  readonly lag_ms: number | undefined;
  readonly read_at: number;
}

const WORDS: Readonly<Record<Standing, { text: string; icon: IconName; tone: string }>> = {
  running: { text: 'folding', icon: 'running', tone: 'run' },
  healing: { text: 'being taken over', icon: 'reprocessing', tone: 'warn' },
  ownerless: { text: 'no processor', icon: 'silent', tone: 'bad' },
  halted: { text: 'halted', icon: 'halted', tone: 'bad' },
  unreachable: { text: 'out of reach', icon: 'away', tone: 'bad' },
  empty: { text: 'empty', icon: 'unreported', tone: 'wait' },
};

const COLUMNS: readonly Column<Row>[] = [
  {
    name: 'partition',
    title: 'Partition',
    cell: ({ partition }) => <span id={`partition-${partition}`}>{partition}</span>,
  },
  {
    name: 'state',
    title: 'State',
    cell: ({ standing, condition }) => {
      const { text, icon, tone } = WORDS[standing];
      return (
        <span class="status" data-tone={tone} title={condition}>
          <Icon name={icon} />
          {standing === 'healing' ? condition : text}
        </span>
      );
    },
  },
  { name: 'owner', title: 'Owner', cell: ({ owner }) => <span class="mono">{owner ?? '–'}</span> },
  {
    name: 'seen',
    title: 'Heard',
    isNumber: true,
    hint: 'When its owner reported last',
    cell: ({ seen_at, read_at }) => (seen_at === undefined ? '–' : `${duration(Math.max(0, read_at - seen_at))} ago`),
  },
  {
    name: 'watermark',
    title: 'W',
    isNumber: true,
    hint: 'The next offset to fold',
    cell: ({ watermark }) => exactOr(watermark),
  },
  {
    name: 'emitted',
    title: 'C',
    isNumber: true,
    hint: 'The next offset whose events are not committed yet',
    cell: ({ emitted }) => exactOr(emitted),
  },
  { name: 'end', title: 'Log end', isNumber: true, cell: (partition) => exactOr(endOf(partition)) },
  {
    name: 'lag',
    title: 'Lag',
    isNumber: true,
    hint: 'Records that are not folded yet',
    cell: ({ lag }) => (lag === 0 ? <span class="quiet">0</span> : exactOr(lag)),
  },
  {
    name: 'lag-time',
    title: 'Data age',
    isNumber: true,
    hint: 'All that the log had before is folded',
    cell: ({ lag_ms }) => (lag_ms === undefined ? '–' : duration(lag_ms)),
  },
  { name: 'received', title: 'Received', isNumber: true, cell: ({ received }) => exactOr(received) },
  {
    name: 'rejected',
    title: 'Rejected',
    isNumber: true,
    cell: ({ outcomes }) => (outcomes?.rejected ? exact(outcomes.rejected) : <span class="quiet">0</span>),
  },
];

/** What is folded was there: the log's end was looked at a moment before W. */
function endOf({ log_end, watermark = 0 }: Row): number | undefined {
  return log_end === undefined ? undefined : Math.max(log_end, watermark);
}

export function ProcessorsView() {
  const told = useValue(partitions);
  const whole = useValue(fleet)?.fleet;
  const { problem } = useValue(connection);
  const isThere = told !== undefined;
  useEffect(() => {
    const target = location.hash.slice(1);
    if (isThere && target !== '') document.getElementById(target)?.scrollIntoView({ block: 'center' });
  }, [isThere]);
  if (told === undefined)
    return (
      <>
        <Head />
        {problem === undefined ? (
          <div class="panel">
            <Loading lines={12} />
          </div>
        ) : (
          <Trouble problem={problem} />
        )}
      </>
    );
  const rows = rowsOf(told);
  return (
    <>
      <Head told={told} />
      <div class="live-part">
        <Halts partitions={told.partitions} />
        {rows.length === 0 ? (
          <div class="panel">
            <Empty title="No processor has started yet">Start one: taskfold run</Empty>
          </div>
        ) : (
          <Table
            label="Partitions"
            kind="partitions-table"
            columns={COLUMNS}
            length={rows.length}
            row={(index) => rows[index]}
            keyOf={({ partition }) => String(partition)}
          />
        )}
        <Rejects byReason={whole?.rejected_by_reason} />
      </div>
    </>
  );
}

function Head({ told }: { told?: PartitionsAnswer }) {
  const owners = new Map<string, number>();
  for (const one of told?.partitions ?? []) {
    if (one.owner === undefined || standingOf(one, told!.as_of.read_at) === 'ownerless') continue;
    owners.set(one.owner, (owners.get(one.owner) ?? 0) + 1);
  }
  return (
    <div class="head">
      <h1>Processors</h1>
      <span class="aside">
        {told &&
          (owners.size === 0
            ? 'none reports'
            : [...owners].map(([owner, count]) => `${owner}: ${counted(count, 'partition')}`).join(' · '))}
      </span>
    </div>
  );
}

function rowsOf({ partitions: all, as_of }: PartitionsAnswer): Row[] {
  const until = new Map(as_of.partitions.map(({ partition, complete_until }) => [partition, complete_until]));
  const { read_at } = as_of;
  return all.map((one) => {
    const complete_until = until.get(one.partition);
    const lag_ms = complete_until === undefined ? undefined : Math.max(0, read_at - complete_until);
    return { ...one, standing: standingOf(one, read_at), lag_ms, read_at };
  });
}

function exactOr(value: number | undefined): string {
  return value === undefined ? '–' : exact(value);
}
