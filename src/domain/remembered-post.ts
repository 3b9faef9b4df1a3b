// A post as the ledger keeps it: one short text beside the seconds of its interval. A task holds up to eight posts of each
// reporter and almost never looks at more than their seconds, so kept as objects they were most of a task's memory.

import { writeDigits } from './digits.ts';
import type { IoFigures, Post } from './post.ts';
import { FAILURE_REASONS, TASK_STATUSES } from './task-state.ts';

export interface RememberedPost {
  /** as in {@link Post} */
  readonly prior: number;
  readonly timestamp: number;
  readonly other_ends: readonly number[];
  /** everything else that the post says, in the published form: JSON values with commas between them ({@link textOf}) */
  readonly text: string;
}

/** The IOs that a reporter's posts have named: a post names them by their places here. Bounded by the IOs that the task keeps. */
export type IoNames = string[];

/** So many are looked through one by one. */
const FEW = 8;
const placesOfMany = new WeakMap<IoNames, Map<string, number>>();

/** The place of a name; undefined: no post has named it. */
export function placeOf(name: string, names: IoNames): number | undefined {
  if (names.length <= FEW) {
    const at = names.indexOf(name);
    return at < 0 ? undefined : at;
  }
  let places = placesOfMany.get(names);
  if (places === undefined) {
    places = new Map();
    placesOfMany.set(names, places);
  }
  for (let at = places.size; at < names.length; at++) places.set(names[at]!, at);
  return places.get(name);
}

/** Deltas of a post: error_count, retry_count and five processed_stats. */
const DELTAS = 7;
const ENDED = 1 << DELTAS;

const NONE: readonly never[] = [];

export function remember(post: Post, names: IoNames): RememberedPost {
  const { prior, timestamp, other_ends } = post;
  return { prior, timestamp, other_ends, text: textOf(post, names) };
}

/** The post that was remembered. */
export function recall({ prior, timestamp, text }: RememberedPost, names: IoNames): Post {
  return unpackPost(prior, timestamp, JSON.parse(`[${text}]`) as unknown[], names)!;
}

/**
 * Reads a remembered post. Null: `packed` is none.
 * @param packed what the text holds: a sum of 1 << n for each delta n that is there, and 128 if it ended; those deltas; IOs as
 * place, count, total, …; status; reason; actions; errors; others; other ends. What is empty at its end is left out.
 */
export function unpackPost(prior: number, timestamp: number, packed: readonly unknown[], names: IoNames): Post | null {
  const head = packed[0];
  if (!isInteger(prior) || !isInteger(timestamp) || !isInteger(head) || head < 0 || head >= 2 * ENDED) return null;
  const deltas: number[] = [];
  let at = 1;
  for (let i = 0; i < DELTAS; i++) {
    const delta = (head & (1 << i)) === 0 ? -1 : packed[at++];
    if (!isInteger(delta)) return null;
    deltas.push(delta);
  }
  const [figures = NONE, status = NOT_TOLD, reason = NOT_TOLD] = packed.slice(at, at + 3);
  const [actions = NONE, errors = NONE, others = NONE, other_ends = NONE, ...more] = packed.slice(at + 3);
  const ios = isIntegers(figures) ? unpackIos(figures, names) : null;
  const symbols = [unpackSymbol(status, TASK_STATUSES), unpackSymbol(reason, FAILURE_REASONS)];
  const lists = [actions, errors, others, other_ends];
  if (ios === null || symbols[0] === null || symbols[1] === null || more.length > 0 || !lists.every(isIntegers))
    return null;
  return {
    ...{ prior, timestamp, deltas, ios, ended: head >= ENDED },
    ...{ status: symbols[0]!, reason: symbols[1]! },
    ...{ actions: lists[0]!, errors: lists[1]!, others: lists[2]!, other_ends: lists[3]! },
  };
}

/** As {@link unpackPost} reads it. */
function textOf(post: Post, names: IoNames): string {
  return everydayText(post, names) ?? anyText(post, names);
}

/** What most posts are written in. One text of it, put together of digits: of the pieces of texts each would be an object of its own. */
const scratch = new Uint8Array(1_024);
const [COMMA, OPEN, CLOSE] = [0x2c, 0x5b, 0x5d];
/** Numbers in the lists of a post for which it has room. */
const LISTED_MAX = 24;

/** Null: there is more to be told. */
function everydayText(post: Post, names: IoNames): string | null {
  const { deltas, ios, status, reason, actions, errors, others, other_ends } = post;
  const listed = actions.length + errors.length + others.length + other_ends.length;
  if (ios.length > FEW || listed > LISTED_MAX) return null;
  const number = status === '' ? NOT_TOLD : STATUS_NUMBERS.get(status);
  const reasonNumber = reason === '' ? NOT_TOLD : REASON_NUMBERS.get(reason);
  if (number === undefined || reasonNumber === undefined) return null;
  let at = writeDigits(scratch, 0, headOf(post));
  for (let i = 0; i < DELTAS; i++) if (deltas[i]! >= 0) at = put(at, deltas[i]!);
  const hasMore = reasonNumber !== NOT_TOLD || listed > 0;
  if (!hasMore && number === NOT_TOLD && ios.length === 0) return written(at);
  scratch[at++] = COMMA;
  scratch[at++] = OPEN;
  for (let i = 0; i < ios.length; i++) {
    const { io, count, total } = ios[i]!;
    at = i === 0 ? writeDigits(scratch, at, placeIn(names, io)) : put(at, placeIn(names, io));
    at = put(at, count);
    at = put(at, total);
  }
  scratch[at++] = CLOSE;
  if (hasMore || number !== NOT_TOLD) at = put(at, number);
  if (!hasMore) return written(at);
  at = put(at, reasonNumber);
  if (listed > 0) at = putList(at, actions);
  if (errors.length + others.length + other_ends.length > 0) at = putList(at, errors);
  if (others.length + other_ends.length > 0) at = putList(at, others);
  if (other_ends.length > 0) at = putList(at, other_ends);
  return written(at);
}

/** A number of the post: −1, or plain. */
function put(at: number, value: number): number {
  scratch[at] = COMMA;
  if (value >= 0) return writeDigits(scratch, at + 1, value);
  scratch[at + 1] = 0x2d;
  scratch[at + 2] = 0x31;
  return at + 3;
}

function putList(at: number, list: readonly number[]): number {
  scratch[at] = COMMA;
  scratch[at + 1] = OPEN;
  let end = at + 2;
  for (let i = 0; i < list.length; i++) end = i === 0 ? writeDigits(scratch, end, list[i]!) : put(end, list[i]!);
  scratch[end] = CLOSE;
  return end + 1;
}

/** A list of each length: from one of bytes `apply` would make such a list, each time. */
const lists: number[][] = [];

function written(end: number): string {
  lists[end] ??= new Array<number>(end).fill(0);
  const units = lists[end];
  for (let at = 0; at < end; at++) units[at] = scratch[at]!;
  return String.fromCharCode.apply(null, units);
}

function anyText(post: Post, names: IoNames): string {
  const { deltas, ios, status, reason, actions, errors, others, other_ends } = post;
  const lists = [actions, errors, others, other_ends];
  while (lists.length > 0 && lists.at(-1)!.length === 0) lists.pop();
  const symbols = lists.length > 0 || reason !== '' ? 2 : status !== '' ? 1 : 0;
  const packed: unknown[] = [headOf(post), ...deltas.filter((delta) => delta >= 0)];
  if (symbols > 0 || ios.length > 0) {
    packed.push(ios.flatMap(({ io, count, total }) => [placeIn(names, io), count, total]));
  }
  if (symbols > 0) packed.push(packSymbol(status, STATUS_NUMBERS));
  if (symbols > 1) packed.push(packSymbol(reason, REASON_NUMBERS));
  return JSON.stringify([...packed, ...lists]).slice(1, -1);
}

/** Which deltas are there, and whether it ended. */
function headOf({ deltas, ended }: Post): number {
  let head = ended ? ENDED : 0;
  for (let i = 0; i < DELTAS; i++) if (deltas[i]! >= 0) head |= 1 << i;
  return head;
}

function placeIn(names: IoNames, io: string): number {
  return placeOf(io, names) ?? names.push(io) - 1;
}

/** In place of a symbol that the post does not bring. */
const NOT_TOLD = -1;
const STATUS_NUMBERS: ReadonlyMap<string, number> = new Map(TASK_STATUSES.map((symbol, number) => [symbol, number]));
const REASON_NUMBERS: ReadonlyMap<string, number> = new Map(FAILURE_REASONS.map((symbol, number) => [symbol, number]));

/** A symbol of the contract goes by its place there, any other as it is. */
function packSymbol(symbol: string, numbers: ReadonlyMap<string, number>): string | number {
  return symbol === '' ? NOT_TOLD : (numbers.get(symbol) ?? symbol);
}

function unpackSymbol(packed: unknown, symbols: readonly string[]): string | null {
  if (typeof packed === 'string') return packed;
  if (packed === NOT_TOLD) return '';
  return typeof packed === 'number' ? (symbols[packed] ?? null) : null;
}

function unpackIos(figures: readonly number[], names: IoNames): IoFigures[] | null {
  if (figures.length % 3 !== 0) return null;
  const ios: IoFigures[] = [];
  for (let i = 0; i < figures.length; i += 3) {
    const io = names[figures[i]!];
    if (io === undefined) return null;
    ios.push({ io, count: figures[i + 1]!, total: figures[i + 2]! });
  }
  return ios;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function isIntegers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isInteger);
}
