// The updates of a task, the newest first: what the ledger made of each, what it changed, what it emitted.

import { useState } from 'preact/hooks';
import type { ExplainedUpdate } from '../documents.ts';
import { exact } from '../format/number.ts';
import { Icon, type IconName } from './icon.tsx';
import { Copy, Time } from './text.tsx';

const SHOWN_AT_FIRST = 25;

interface TimelineProps {
  readonly updates: readonly ExplainedUpdate[];
  readonly chosen: number | undefined;
  readonly choose: (offset: number) => void;
}

export function Timeline({ updates, chosen, choose }: TimelineProps) {
  const [limit, show] = useState(SHOWN_AT_FIRST);
  const newest = [...updates].reverse();
  const place = chosen === undefined ? -1 : newest.findIndex(({ offset }) => offset === chosen);
  const shown = newest.slice(0, Math.max(limit, place + 1));
  return (
    <>
      <ol class="timeline">
        {shown.map((update) => (
          <Update
            key={`${update.offset} ${update.class}`}
            update={update}
            isChosen={update.offset === chosen}
            choose={choose}
          />
        ))}
      </ol>
      {shown.length < newest.length && (
        <button type="button" class="button" onClick={() => show(limit * 4)}>
          Show {exact(Math.min(limit * 3, newest.length - shown.length))} older
        </button>
      )}
    </>
  );
}

interface UpdateProps {
  readonly update: ExplainedUpdate;
  readonly isChosen: boolean;
  readonly choose: (offset: number) => void;
}

function Update({ update, isChosen, choose }: UpdateProps) {
  const { offset, partition, log_time, prior_timestamp, timestamp, changed, emitted } = update;
  const told = changed.filter(({ field }) => !isNoise(field));
  const seconds = prior_timestamp !== undefined && timestamp !== undefined ? timestamp - prior_timestamp : undefined;
  return (
    <li id={`offset-${offset}`} data-chosen={isChosen ? '' : undefined}>
      <div class="when">
        {log_time !== undefined && <Time at={log_time} />}
        <span class="quiet" title={`partition ${partition}, offset ${offset}`}>
          {partition}/{offset}
        </span>
      </div>
      <div class="what">
        <UpdateClass update={update} choose={choose} />
        {seconds !== undefined && <span class="quiet">reports {seconds} s</span>}
        {update.source !== undefined && (
          <span class="quiet">
            re-routed from {update.source.partition}/{update.source.offset}
          </span>
        )}
        {update.detail !== undefined && <span class="quiet">{update.detail}</span>}
        {told.length > 0 && (
          <ul class="changes">
            {told.map((change) => (
              <li key={change.field} title={change.field}>
                <span>{change.field.replace(/^processed_stats\./, '')}</span> {changeText(change)}
              </li>
            ))}
          </ul>
        )}
        {emitted.map(({ event, kind, ce_id }) => (
          <p key={ce_id} class="event">
            <Icon name={EVENT_ICONS[event]} />
            {event.replace('_', ' ')}
            {kind !== undefined && `: ${kind}`}
            <span class="mono quiet" title={ce_id}>
              {ce_id.slice(0, 18)}…
            </span>
            <Copy text={ce_id} what="the event's id" />
          </p>
        ))}
      </div>
    </li>
  );
}

/** What every update changes, and what its line says already. */
function isNoise(field: string): boolean {
  return /^(timestamp|prior_timestamp|work_request_id|updates\.)/.test(field);
}

const EVENT_ICONS: Readonly<Record<ExplainedUpdate['emitted'][number]['event'], IconName>> = {
  failure: 'failed',
  job_creation: 'jobs',
  reject: 'rejected',
};

const TONES: Readonly<Record<string, string>> = {
  duplicate: 'wait',
  stale: 'wait',
  too_old: 'warn',
  ambiguous: 'warn',
  restart: 'warn',
  unverified: 'warn',
  gap: 'warn',
  rejected: 'bad',
  silent: 'bad',
  stalled: 'warn',
};

function UpdateClass({ update, choose }: { update: ExplainedUpdate; choose: (offset: number) => void }) {
  const { class: name, reason, doubt, covered_by, supersedes } = update;
  const other = covered_by ?? supersedes;
  return (
    <>
      <span class="class" data-tone={TONES[name] ?? 'good'}>
        {name.replace('_', ' ')}
        {reason !== undefined && `: ${reason.replaceAll('_', ' ')}`}
        {doubt !== undefined && `, ${doubt}`}
      </span>
      {other !== undefined && other !== null && (
        <button type="button" class="link" onClick={() => choose(other)}>
          {covered_by !== undefined ? `counted by ${other}` : `contains ${other}`}
        </button>
      )}
      {covered_by === null && <span class="quiet">no other post had counted it</span>}
    </>
  );
}

function changeText({ from, to, plus, added }: ExplainedUpdate['changed'][number]): string {
  if (added !== undefined)
    return `+${added.length}: ${added.map(({ msg, id }) => msg ?? id ?? '').join('; ')}`.slice(0, 160);
  if (plus !== undefined) return plus < 0 ? `−${exact(-plus)}` : `+${exact(plus)}`;
  if (from === undefined) return `= ${valueText(to)}`;
  return `${valueText(from)} → ${to === undefined ? 'none' : valueText(to)}`;
}

function valueText(value: string | number | boolean | undefined): string {
  const text = String(value);
  return text.length > 48 ? `${text.slice(0, 44)}…` : text;
}
