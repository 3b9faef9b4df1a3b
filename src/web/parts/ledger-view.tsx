// The ledger drawn: a lane a reporter, time to the right. Counted posts stand on the line, those that were dropped hang below
// it, and what no post reports is hatched.

import { useState } from 'preact/hooks';
import type { ExplainedUpdate } from '../documents.ts';
import { type Lane, type Ledger, ledgerOf, type Span, summaryOf, ticksOf } from '../format/ledger-lanes.ts';
import { counted } from '../format/number.ts';
import { moment } from '../format/time.ts';
import { now } from '../live/clock.ts';
import { Empty } from './states.tsx';

/** Drawn at first, the latest reporters; the others on request. */
const LANES_AT_FIRST = 12;
const TICKS_MAX = 6;

interface LedgerViewProps {
  readonly updates: readonly ExplainedUpdate[];
  readonly choose: (offset: number) => void;
}

export function LedgerView({ updates, choose }: LedgerViewProps) {
  const [isWhole, showAll] = useState(false);
  const ledger = ledgerOf(updates);
  if (ledger === null)
    return <Empty title="No interval to draw">Its updates name no work request or no interval.</Empty>;
  const hidden = isWhole ? 0 : Math.max(0, ledger.lanes.length - LANES_AT_FIRST);
  const lanes = ledger.lanes.slice(hidden);
  return (
    <>
      <p class="quiet">{summaryOf(ledger)}</p>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: the list of updates below holds the same by keyboard */}
      <div
        class="ledger"
        role="img"
        aria-label={`Ledger: ${summaryOf(ledger)}`}
        onClick={(click) => {
          const offset = (click.target as HTMLElement).dataset.offset;
          if (offset !== undefined) choose(Number(offset));
        }}
      >
        {lanes.map((lane) => (
          <LaneView key={lane.work_request_id} lane={lane} ledger={ledger} />
        ))}
        <Axis ledger={ledger} />
      </div>
      {hidden > 0 && (
        <button type="button" class="link" onClick={() => showAll(true)}>
          Show {counted(hidden, 'earlier reporter')}
        </button>
      )}
      <ul class="legend ledger-legend">
        <li>
          <i class="span" data-kind="counted" /> counted
        </li>
        <li>
          <i class="span" data-kind="doubt" /> counted, in doubt
        </li>
        <li>
          <i class="gap" /> gap: no post reports it
        </li>
        <li>
          <i class="span" data-kind="dropped" /> dropped: duplicate or stale
        </li>
      </ul>
    </>
  );
}

function LaneView({ lane, ledger }: { lane: Lane; ledger: Ledger }) {
  return (
    <div class="lane" data-drops={lane.spans.some(({ kind }) => kind === 'dropped') ? '' : undefined}>
      <span class="lane-name mono" title={lane.work_request_id}>
        {shortId(lane.work_request_id)}
      </span>
      <div class="track">
        {lane.gaps.map(({ from, to }) => (
          <i key={from} class="gap" title={`${to - from} s that no post reports`} style={placed(ledger, from, to)} />
        ))}
        {lane.spans.map((span) => (
          <i
            key={span.offset}
            class="span"
            data-kind={span.kind}
            data-class={span.class}
            data-overlaps={span.overlaps ? '' : undefined}
            data-offset={span.offset}
            title={titleOf(span)}
            style={placed(ledger, span.from, span.to)}
          />
        ))}
      </div>
    </div>
  );
}

function Axis({ ledger: { from, to } }: { ledger: Ledger }) {
  return (
    <div class="lane axis">
      <span class="lane-name">engine clock</span>
      <div class="track">
        {ticksOf(from, to, TICKS_MAX).map((tick) => (
          <span key={tick} style={{ left: `${((tick - from) / (to - from)) * 100}%` }}>
            {moment(tick * 1_000, now())}
          </span>
        ))}
      </div>
    </div>
  );
}

function placed({ from, to }: Ledger, begin: number, end: number) {
  const span = to - from;
  return { left: `${((begin - from) / span) * 100}%`, width: `${((end - begin) / span) * 100}%` };
}

function titleOf(span: Span): string {
  const { offset, from, to } = span;
  const length = to === from ? 'zero seconds' : `${to - from} s`;
  return `${span.class}${span.overlaps ? ', overlaps another' : ''}: ${length} until ${moment(to * 1_000, now())}, offset ${offset}`;
}

function shortId(id: string): string {
  return id.length > 14 ? `${id.slice(0, 6)}…${id.slice(-6)}` : id;
}
