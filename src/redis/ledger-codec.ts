// What the ledger of a task remembers ↔ the hash `:ledger`: a field `reporter.<name>` for each reporter, `base`,
// `let_go` and `work_requests_let_go`. Values are JSON of arrays only, so that an id such as `__proto__` is a text among others and orders are kept.
// IO names stand in a reporter's text once, however many posts name them; posts stand there as the fold keeps them.

import { placeOf, unpackPost } from '../domain/remembered-post.ts';
import { newReporter, type Reporter } from '../domain/reporter.ts';
import type { TaskChange, TaskState } from '../domain/task-state.ts';
import type { HashWrites, SlotWrites } from './slot-writes.ts';
import { malformed, storedJson } from './stored-values.ts';

const REPORTER = 'reporter.';
/** The numbers of a reporter beside its lists, in this order. */
const FIGURES = [
  'last_offset',
  'heard_at',
  'newest_prior',
  'newest_timestamp',
  'timestamp_max',
  'start',
  'forgotten',
  'reopened_at',
] as const;

/** @param whole nothing of the ledger is in Redis, or nothing is known of what is */
export function writeLedger(writes: SlotWrites, key: string, change: TaskChange, whole: boolean): void {
  const { task, reporters, base_changed } = change;
  const gone: string[] = [];
  writes.openHash(key);
  for (const name of whole ? task.reporters.keys() : reporters) {
    const reporter = task.reporters.get(name);
    if (reporter === undefined) {
      gone.push(REPORTER + name);
      continue;
    }
    writes.fieldOf(REPORTER + name);
    writes.beginValue();
    writeReporter(writes, reporter);
    writes.endValue();
  }
  if (base_changed || whole) {
    list('base', [...task.reporters_base].flat());
    list('let_go', [...task.reporters_let_go].flat());
    list('work_requests_let_go', task.work_requests_let_go);
  }
  writes.closeHash();
  writes.hdel(key, gone);

  function list(field: string, values: readonly (string | number)[]): void {
    if (values.length > 0) {
      writes.fieldOf(field);
      writes.text(JSON.stringify(values));
    } else if (!whole) {
      gone.push(field);
    }
  }
}

/** [IO names, figures, totals as name or its place among them and total, open priors, posts] */
function writeReporter(writes: HashWrites, reporter: Reporter): void {
  const { io_names, totals, open, posts } = reporter;
  writes.piece('[');
  writes.piece(JSON.stringify(io_names));
  writes.piece(',[');
  for (const figure of FIGURES) {
    writes.digits(reporter[figure]);
    writes.piece(',');
  }
  writes.digits(attendanceOf(reporter));
  writes.piece('],[');
  let isFirst = true;
  for (const [name, total] of totals) {
    if (!isFirst) writes.piece(',');
    isFirst = false;
    const place = placeOf(name, io_names);
    if (place === undefined) writes.piece(JSON.stringify(name));
    else writes.digits(place);
    writes.piece(',');
    writes.digits(total);
  }
  writes.piece('],[');
  writes.piece(open.join());
  // A chain of posts goes on where the last one ends, so there is little to write of where each of them lies.
  let end = 0;
  for (let i = 0; i < posts.length; i++) {
    const { prior, timestamp, text } = posts[i]!;
    writes.piece(i > 0 ? ',[' : '],[[');
    writes.digits(prior - end);
    writes.piece(',');
    writes.digits(timestamp - prior);
    writes.piece(',');
    writes.piece(text);
    writes.piece(']');
    end = timestamp;
  }
  writes.piece(posts.length > 0 ? ']]' : '],[]]');
}

/** Stands behind the figures: 0 ended, 1 open, 2 open and last heard of by another partition, 3 ended and so. */
function attendanceOf({ ended, rerouted }: Reporter): number {
  if (ended) return rerouted ? 3 : 0;
  return rerouted ? 2 : 1;
}

/** Fills `reporters`, `reporters_base` and what was let go of a task. @throws Fault torn_save */
export function decodeLedger(key: string, flat: readonly string[], task: TaskState): void {
  const reporters: [string, Reporter][] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const field = flat[i]!;
    const reading = readingOf(`${key}:ledger`, field, flat[i + 1]!);
    if (field.startsWith(REPORTER)) reporters.push([field.slice(REPORTER.length), decodeReporter(reading)]);
    else if (field === 'base') task.reporters_base = pairs(reading, reading.value, reading.text);
    else if (field === 'let_go') task.reporters_let_go = pairs(reading, reading.value, reading.integer);
    else if (field === 'work_requests_let_go')
      task.work_requests_let_go = reading.list(reading.value).map(reading.text);
  }
  // Redis keeps no order of fields; the fold's order is that of the last updates.
  reporters.sort(([, a], [, b]) => a.last_offset - b.last_offset);
  for (const [name, reporter] of reporters) task.reporters.set(name, reporter);
}

/** A value that is being read, and what every part of it must be. */
interface Reading {
  readonly value: unknown;
  readonly wrong: () => never;
  list(value: unknown): unknown[];
  integer(value: unknown): number;
  text(value: unknown): string;
  integers(value: unknown): number[];
}

function readingOf(key: string, field: string, stored: string): Reading {
  const wrong = (): never => malformed(key, field, 'is no part of a ledger');
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : wrong());
  const integer = (value: unknown): number => (Number.isSafeInteger(value) ? (value as number) : wrong());
  const text = (value: unknown): string => (typeof value === 'string' ? value : wrong());
  const integers = (value: unknown): number[] => list(value).map(integer);
  return { value: storedJson(key, field, stored), wrong, list, integer, text, integers };
}

function pairs<Key>(reading: Reading, value: unknown, keyOf: (value: unknown) => Key): Map<Key, number> {
  const into = new Map<Key, number>();
  const flat = reading.list(value);
  if (flat.length % 2 !== 0) reading.wrong();
  for (let i = 0; i < flat.length; i += 2) into.set(keyOf(flat[i]), reading.integer(flat[i + 1]));
  return into;
}

function decodeReporter(reading: Reading): Reporter {
  const { list, integers, wrong } = reading;
  const [packedNames, packedFigures, packedTotals, open, posts] = list(reading.value);
  const names = list(packedNames).map(reading.text);
  const nameOf = (name: unknown): string =>
    typeof name === 'string' ? name : (names[reading.integer(name)] ?? wrong());
  const figures = integers(packedFigures);
  if (figures.length !== FIGURES.length + 1) wrong();
  const reporter = newReporter();
  for (const [n, figure] of FIGURES.entries()) reporter[figure] = figures[n]!;
  const attendance = figures.at(-1)!;
  if (attendance < 0 || attendance > 3) wrong();
  reporter.ended = attendance === 0 || attendance === 3;
  reporter.rerouted = attendance >= 2;
  reporter.totals = pairs(reading, packedTotals, nameOf);
  reporter.open = integers(open);
  reporter.io_names = names;
  let end = 0;
  for (const packed of list(posts).map(list)) {
    const [gap, length, ...rest] = packed;
    const prior = end + reading.integer(gap);
    end = prior + reading.integer(length);
    const post = unpackPost(prior, end, rest, names) ?? wrong();
    // Kept as it is: what is read here is written again with the next update.
    const text = JSON.stringify(rest).slice(1, -1);
    reporter.posts.push({ prior, timestamp: end, other_ends: post.other_ends, text });
  }
  return reporter;
}
