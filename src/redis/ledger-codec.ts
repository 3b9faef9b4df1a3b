// What the ledger of a task remembers ↔ the hash `:ledger`: a field `reporter.<name>` for each reporter, `base` and
// `let_go`. Values are JSON of arrays only, so that an id such as `__proto__` is a text among others and orders are kept.
// IO names stand in a reporter's text once, however many posts name them.

import type { IoFigures, Post } from '../domain/post.ts';
import { newReporter, type Reporter } from '../domain/reporter.ts';
import type { ReporterTotals, TaskChange, TaskState } from '../domain/task-state.ts';
import { malformed, storedJson } from './stored-values.ts';

const REPORTER = 'reporter.';
/** How many deltas a post has. */
const DELTAS = 7;
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

/** The fields to set, name and value alternating, and those to delete. */
export interface LedgerDiff {
  readonly fields: string[];
  readonly gone: string[];
}

/** The texts that a reporter's posts had when it was last written: a post never changes, it is replaced. */
interface WrittenReporter {
  /** IO name → its number in the texts: in the order in which totals and posts name them first, and no others */
  names: ReadonlyMap<string, number>;
  /** `names` as JSON */
  namesText: string;
  posts: readonly Post[];
  texts: readonly string[];
}

/** What was last written of a task's ledger, by reporter. */
export type WrittenLedger = Map<string, WrittenReporter>;

/** @param whole nothing of the ledger is in Redis, or nothing is known of what is */
export function diffLedger(change: TaskChange, written: WrittenLedger, whole: boolean): LedgerDiff {
  const { task, reporters, base_changed } = change;
  const fields: string[] = [];
  const gone: string[] = [];
  for (const name of whole ? task.reporters.keys() : reporters) {
    const reporter = task.reporters.get(name);
    if (reporter === undefined) {
      written.delete(name);
      gone.push(REPORTER + name);
      continue;
    }
    let known = written.get(name);
    if (known === undefined) {
      known = { names: new Map(), namesText: '[]', posts: [], texts: [] };
      written.set(name, known);
    }
    fields.push(REPORTER + name, encodeReporter(reporter, known));
  }
  if (base_changed || whole) {
    for (const [field, numbers] of [
      ['base', task.reporters_base],
      ['let_go', task.reporters_let_go],
    ] as const) {
      if (numbers.size > 0) fields.push(field, JSON.stringify([...numbers].flat()));
      else if (!whole) gone.push(field);
    }
  }
  return { fields, gone };
}

/** [IO names, figures, totals as name number and total, open priors, posts] */
function encodeReporter(reporter: Reporter, written: WrittenReporter): string {
  if (!areNamesOf(written.names, reporter)) {
    // What is written depends on the state alone, not on what was written before.
    const names = namesOf(reporter);
    written.names = new Map(names.map((name, number) => [name, number]));
    written.namesText = JSON.stringify(names);
    written.posts = [];
  }
  const numberOf = (name: string): number => written.names.get(name)!;
  let totals = '';
  for (const [name, total] of reporter.totals) totals += `${totals === '' ? '' : ','}${numberOf(name)},${total}`;
  const texts = reporter.posts.map((post) => {
    const at = written.posts.indexOf(post);
    return at >= 0 ? written.texts[at]! : postText(post, numberOf);
  });
  written.posts = [...reporter.posts];
  written.texts = texts;
  let figures = '';
  for (const figure of FIGURES) figures += `${reporter[figure]},`;
  figures += attendanceOf(reporter);
  return `[${written.namesText},[${figures}],[${totals}],[${reporter.open.join()}],[${texts.join()}]]`;
}

function namesOf({ totals, posts }: Reporter): string[] {
  const names = new Set(totals.keys());
  for (const { ios } of posts) for (const { io } of ios) names.add(io);
  return [...names];
}

/** Whether `names` is what {@link namesOf} would make, without making it. */
function areNamesOf(names: ReadonlyMap<string, number>, { totals, posts }: Reporter): boolean {
  let met = 0;
  for (const name of totals.keys()) if (names.get(name) !== met++) return false;
  for (const { ios } of posts) {
    for (const { io } of ios) {
      const number = names.get(io);
      if (number === undefined || number > met) return false;
      if (number === met) met++;
    }
  }
  return met === names.size;
}

/** Stands behind the figures: 0 ended, 1 open, 2 open and last heard of by another partition, 3 ended and so. */
function attendanceOf({ ended, rerouted }: Reporter): number {
  if (ended) return rerouted ? 3 : 0;
  return rerouted ? 2 : 1;
}

/**
 * [prior, timestamp, 7 deltas, IOs as name number, count and total, status, reason, actions, errors, others, other ends, 1 if
 * it ended], without what is empty at its end
 */
function postText(post: Post, numberOf: (name: string) => number): string {
  const { actions, errors, status, reason, others, other_ends, ended } = post;
  const ios: number[] = [];
  for (const { io, count, total } of post.ios) ios.push(numberOf(io), count, total);
  const packed: unknown[] = [post.prior, post.timestamp, ...post.deltas, ios];
  // Most posts bring nothing of the rest.
  if (ended || other_ends.length > 0) {
    packed.push(status, reason, actions, errors, others, other_ends);
    if (ended) packed.push(1);
  } else if (actions.length + errors.length + others.length > 0) packed.push(status, reason, actions, errors, others);
  else if (reason !== '') packed.push(status, reason);
  else if (status !== '') packed.push(status);
  return JSON.stringify(packed);
}

/** Fills `reporters`, `reporters_base` and `reporters_let_go` of a task. @throws Fault torn_save */
export function decodeLedger(key: string, flat: readonly string[], task: TaskState): void {
  const reporters: [string, Reporter][] = [];
  for (let i = 0; i < flat.length; i += 2) {
    const field = flat[i]!;
    const reading = readingOf(`${key}:ledger`, field, flat[i + 1]!);
    if (field.startsWith(REPORTER)) reporters.push([field.slice(REPORTER.length), decodeReporter(reading)]);
    else if (field === 'base') pairs(reading, reading.value, reading.text, task.reporters_base);
    else if (field === 'let_go') pairs(reading, reading.value, reading.integer, task.reporters_let_go);
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

function pairs<Key>(reading: Reading, value: unknown, keyOf: (value: unknown) => Key, into: Map<Key, number>): void {
  const flat = reading.list(value);
  if (flat.length % 2 !== 0) reading.wrong();
  for (let i = 0; i < flat.length; i += 2) into.set(keyOf(flat[i]), reading.integer(flat[i + 1]));
}

function decodeReporter(reading: Reading): Reporter {
  const { list, integers, wrong } = reading;
  const [packedNames, packedFigures, packedTotals, open, posts] = list(reading.value);
  const names = list(packedNames).map(reading.text);
  const nameOf = (number: unknown): string => names[reading.integer(number)] ?? wrong();
  const figures = integers(packedFigures);
  if (figures.length !== FIGURES.length + 1) wrong();
  const reporter = newReporter();
  for (const [n, figure] of FIGURES.entries()) reporter[figure] = figures[n]!;
  const attendance = figures.at(-1)!;
  if (attendance < 0 || attendance > 3) wrong();
  reporter.ended = attendance === 0 || attendance === 3;
  reporter.rerouted = attendance >= 2;
  pairs<string>(reading, packedTotals, nameOf, reporter.totals as ReporterTotals);
  reporter.open = integers(open);
  reporter.posts = list(posts).map((post) => unpackPost(reading, post, nameOf));
  return reporter;
}

function unpackPost(reading: Reading, value: unknown, nameOf: (number: unknown) => string): Post {
  const { list, integer, integers, text } = reading;
  const [prior, timestamp, ...rest] = list(value);
  const deltas = integers(rest.slice(0, DELTAS));
  const [packedIos, status = '', reason = '', actions = [], errors = [], others = [], other_ends = [], ended = 0] =
    rest.slice(DELTAS);
  const figures = list(packedIos);
  if (deltas.length !== DELTAS || figures.length % 3 !== 0) reading.wrong();
  const ios: IoFigures[] = [];
  for (let i = 0; i < figures.length; i += 3) {
    ios.push({ io: nameOf(figures[i]), count: integer(figures[i + 1]), total: integer(figures[i + 2]) });
  }
  return {
    prior: integer(prior),
    timestamp: integer(timestamp),
    deltas,
    ios,
    actions: integers(actions),
    errors: integers(errors),
    status: text(status),
    reason: text(reason),
    others: integers(others),
    other_ends: integers(other_ends),
    ended: integer(ended) === 1,
  };
}
