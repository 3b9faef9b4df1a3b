// What `why` says of updates and sums to people.

import type { EmittedEvent, ExplainedNow, ExplainedTime, ExplainedUpdate } from './explained-update.ts';
import { type FigureChange, type FigureValue, isPartOf, type TaskFigures } from './task-figures.ts';

/** The first line of an update says these already. */
const SAID_ALREADY = ['updates', 'ledger.marks', 'timestamp', 'prior_timestamp', 'work_request_id'];

/** One update: a line for where and what it is, and one for each change and event. */
export function updateText(update: ExplainedUpdate, field?: string): string {
  const { offset, log_time, schema_id, source } = update;
  const parts = [
    `offset ${offset}`,
    timeText(log_time),
    `schema ${schema_id ?? '-'}`,
    ...(source === undefined ? [] : [`re-routed from partition ${source.partition}, offset ${source.offset}`]),
    ...(update.work_request_id === undefined ? [] : [`work request ${update.work_request_id}`]),
    ...(update.timestamp === undefined ? [] : [`${update.prior_timestamp ?? '-'} to ${update.timestamp}`]),
  ];
  const lines = [`${classText(update)}: ${parts.join(', ')}`];
  for (const change of update.changed) {
    if (field === undefined && SAID_ALREADY.some((said) => isPartOf(change.field, said))) continue;
    lines.push(`  ${changeText(change)}`);
  }
  return [...lines, ...eventLines(update.emitted)].join('\n');
}

const DONE_BY_TIME = {
  silent: 'no update came for so long that the task is silent',
  stalled: 'no update has processed anything for so long that the task is stalled',
  retired: 'the task was retired',
} as const;

/** What time alone did: a line for when, and one for each change and event. */
export function passingText({ class: done, offset, log_time, changed, emitted }: ExplainedTime): string {
  const line = `${done.toUpperCase()}, ${DONE_BY_TIME[done]}: offset ${offset}, ${timeText(log_time)}`;
  return [line, ...changed.map((change) => `  ${changeText(change)}`), ...eventLines(emitted)].join('\n');
}

/** How its engines stand, and how far the log was followed to tell that. */
export function nowText({ liveness, liveness_at, offset }: ExplainedNow): string {
  return `${liveness} since ${timeText(liveness_at)}; followed up to offset ${offset}, the last one that Redis has folded`;
}

function eventLines(emitted: readonly EmittedEvent[]): string[] {
  return emitted.map((one) => {
    const what = one.event === 'failure' ? `failure (${one.kind})` : one.event.replace('_', ' ');
    return `  emits ${what}, ce_id ${one.ce_id}`;
  });
}

function classText({ class: updateClass, reason, detail, doubt, covered_by, supersedes }: ExplainedUpdate): string {
  const name = updateClass.toUpperCase().replace('_', ' ');
  const said = [
    ...(reason === undefined ? [] : [`${reason} (${detail ?? ''})`]),
    ...(doubt === undefined ? [] : [`marked ${doubt}`]),
    ...(covered_by === undefined
      ? []
      : [covered_by === null ? 'no update had counted it' : `counted by offset ${covered_by}`]),
    ...(supersedes === undefined ? [] : [`contains offset ${supersedes}`]),
  ];
  return said.length === 0 ? name : `${name}, ${said.join(', ')}`;
}

function changeText({ field, from, to, plus, added }: FigureChange): string {
  if (added !== undefined) {
    return `${field}: ${added.map(({ id, msg }) => `${id ?? '-'}: ${msg ?? '-'}`).join(' | ')}`;
  }
  if (plus !== undefined) return `${field}: ${plus < 0 ? '' : '+'}${valueText(plus)} = ${valueText(to ?? 0)}`;
  return `${field}: ${valueText(from)} -> ${valueText(to)}`;
}

function valueText(value: FigureValue | undefined): string {
  return value === undefined ? '-' : typeof value === 'number' ? value.toLocaleString('en-US') : value.toString();
}

function timeText(ms: number): string {
  const time = new Date(ms);
  return Number.isNaN(time.getTime()) ? `log time ${ms}` : time.toISOString();
}

/** The sum of the changes of each figure that the field names, beside what the task shows. */
export function sumTexts(field: string, changes: readonly FigureChange[], task: TaskFigures): string[] {
  const named = [...task.keys()].filter((name) => isPartOf(name, field));
  if (named.length === 0) {
    return changes.length > 0 ? [] : [`no update has moved ${field}, and the task has none`];
  }
  return named.map((name) => {
    const moves = changes.filter((change) => change.field === name);
    const times = `${moves.length} ${moves.length === 1 ? 'update' : 'updates'}`;
    const now = valueText(task.get(name));
    if (moves[0]?.plus === undefined) return `${name}: ${now}, by ${times}`;
    const sum = moves.reduce((all, { plus = 0 }) => all + plus, 0);
    return `${name}: the changes of ${times} add up to ${valueText(sum)}; the task shows ${now}`;
  });
}
