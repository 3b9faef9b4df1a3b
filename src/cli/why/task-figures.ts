// A task's document as flat figures, `inputs.<id>.processed_count` and so on: how two states of it differ, and which
// names --field takes.

import { PROCESSED_STATS, type TaskError } from '../../domain/task-state.ts';
import { MARKS } from '../../domain/update-class.ts';
import type { TaskDocument } from '../../read/task-document.ts';

export type FigureValue = string | number | boolean;
export type TaskFigures = ReadonlyMap<string, FigureValue>;

/** What one update did to one figure. Absent values were never reported. */
export interface FigureChange {
  readonly field: string;
  readonly from?: FigureValue;
  readonly to?: FigureValue;
  /** of a figure that counts: how much it grew; the sum over all updates is the figure */
  readonly plus?: number;
  /** of `errors`: those that were added */
  readonly added?: readonly TaskError[];
}

const OUTPUT_CHARACTERS_MAX = 200;
/** What is no figure: the update's own place and log time say it. */
const COORDINATES = new Set([
  'internal_task_id',
  'source',
  'first_update_at',
  'last_update_at',
  'liveness_at',
  'status_at',
  'errors',
]);

const TEXTS = [
  'internal_job_id',
  'engine_id',
  'work_request_id',
  'task_route_id',
  'task_status',
  'task_action',
  'failure_reason',
  'unrecognized_task_status',
  'unrecognized_task_action',
  'unrecognized_failure_reason',
  'completion_requested',
  'task_output',
  'liveness',
  'errors',
];
const OUTCOMES_OF_TASK = ['applied', 'duplicate', 'stale', 'rejected'] as const;
/** Times of the engines' clocks: numbers that are not counted up. */
const TIMES = ['timestamp', 'prior_timestamp'];

/** Every name that a figure can have, the ids of IOs left out. */
export const FIELDS: readonly string[] = [
  ...TEXTS,
  ...TIMES,
  'error_count',
  'retry_count',
  'attempts',
  'job_creations',
  'ios_dropped',
  'inputs',
  'outputs',
  'processed_stats',
  ...PROCESSED_STATS.map((stat) => `processed_stats.${stat}`),
  'updates',
  ...OUTCOMES_OF_TASK.map((outcome) => `updates.${outcome}`),
  'ledger',
  'ledger.exact',
  'ledger.open_gaps',
  'ledger.drifted_ios',
  'ledger.marks',
  ...MARKS.map((mark) => `ledger.marks.${mark}`),
];

/** Whether --field may name it. */
export function isField(name: string): boolean {
  return FIELDS.includes(name) || /^(inputs|outputs)\./.test(name);
}

/** Whether the figure is what `field` names, or a part of it. */
export function isPartOf(figure: string, field: string): boolean {
  return figure === field || figure.startsWith(`${field}.`);
}

/** What a task without updates would show. */
const OF_NO_TASK: TaskFigures = new Map<string, FigureValue>([
  ['completion_requested', false],
  ['attempts', 0],
  ['job_creations', 0],
  ...OUTCOMES_OF_TASK.map((outcome) => [`updates.${outcome}`, 0] as const),
  ['ledger.exact', true],
]);

/** Kept errors are no figure; a long task_output is cut. */
export function figuresOf(document: TaskDocument | null): TaskFigures {
  if (document === null) return OF_NO_TASK;
  const figures = new Map<string, FigureValue>();
  const add = (name: string, value: unknown) => {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') figures.set(name, value);
    else if (typeof value === 'object' && value !== null) {
      for (const [part, inner] of Object.entries(value)) add(`${name}.${part}`, inner);
    }
  };
  for (const [name, value] of Object.entries(document)) {
    if (COORDINATES.has(name) || name === 'inputs' || name === 'outputs') continue;
    add(name, name === 'task_output' ? cut(String(value)) : value);
  }
  for (const side of ['inputs', 'outputs'] as const) {
    for (const { id, ...counts } of document[side] ?? []) add(`${side}.${id}`, counts);
  }
  return figures;
}

/** What differs, figure by figure. */
export function changesBetween(before: TaskFigures, after: TaskFigures): FigureChange[] {
  const changes: FigureChange[] = [];
  for (const field of new Set([...before.keys(), ...after.keys()])) {
    const from = before.get(field);
    const to = after.get(field);
    if (from === to) continue;
    const counts = typeof (to ?? from) === 'number' && !TIMES.includes(field);
    changes.push({
      field,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(counts ? { plus: Number(to ?? 0) - Number(from ?? 0) } : {}),
    });
  }
  return changes;
}

function cut(text: string): string {
  return text.length <= OUTPUT_CHARACTERS_MAX ? text : `${text.slice(0, OUTPUT_CHARACTERS_MAX)}…`;
}
