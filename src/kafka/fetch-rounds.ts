// Reads a stretch of a topic to an end that is fixed at the start: all partitions side by side, the next answers being
// fetched while the last ones are worked on. The end is held against positions, not against records: the last offsets of
// a log are often markers of transactions, which no reader gets to see.

import { setTimeout as sleep } from 'node:timers/promises';
import { away, Fault } from '../pipeline/errors.ts';
import { type ClusterLink, isLeaderMoved } from './cluster-link.ts';
import type { Isolation } from './fetch-request.ts';
import { type AbortedTransaction, endOfSet } from './record-batches.ts';

/** Whole record batches from `from` to `to`. */
export interface RecordSet {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly bytes: Buffer;
  readonly aborted: readonly AbortedTransaction[];
}

export interface Stretch {
  /** next offset by partition */
  readonly from: ReadonlyMap<number, number>;
  /** where to stop; partitions without an entry are not read */
  readonly to: ReadonlyMap<number, number>;
  readonly isolation: Isolation;
  /** what to do where the log begins above a position by now */
  readonly gone: 'throw' | 'skip';
  /** ms without any progress before reading gives up */
  readonly stallMsMax: number;
}

const POLL_MS = 250;
const PARTITION_BYTES_MAX = 2 * 1024 * 1024;
const ANSWER_BYTES_MAX = 16 * 1024 * 1024;
const PAUSE_MS = 100;
const ERROR_OFFSET_OUT_OF_RANGE = 1;

/** @throws Fault history_gone; service_unavailable after `stallMsMax` without progress */
export async function* fetchRounds(link: ClusterLink, stretch: Stretch): AsyncGenerator<RecordSet[], void, undefined> {
  const positions = new Map<number, number>();
  for (const [partition, to] of stretch.to) {
    const from = stretch.from.get(partition) ?? 0;
    if (from < to) positions.set(partition, from);
  }
  let turn = 0;
  let next = positions.size > 0 ? fetchRound(link, stretch, positions, turn) : null;
  let stalledSince = Date.now();
  while (next !== null) {
    const sets = await next;
    for (const { partition, to } of sets) {
      if (to < stretch.to.get(partition)!) positions.set(partition, to);
      else positions.delete(partition);
    }
    if (sets.length > 0) stalledSince = Date.now();
    else if (Date.now() - stalledSince > stretch.stallMsMax) throw stalled(link, positions);
    next = positions.size > 0 ? fetchRound(link, stretch, positions, ++turn) : null;
    next?.catch(() => {}); // it is awaited in the next turn, if there is one
    if (sets.length > 0) yield sets;
  }
}

function stalled(link: ClusterLink, positions: ReadonlyMap<number, number>): Fault {
  const [partition, position] = [...positions][0]!;
  return away(
    'kafka',
    `reading ${link.topic}/${partition} does not get beyond ${position}: an open transaction holds it back, or Kafka is away`,
  );
}

async function fetchRound(
  link: ClusterLink,
  stretch: Stretch,
  positions: ReadonlyMap<number, number>,
  turn: number,
): Promise<RecordSet[]> {
  try {
    const leaders = await link.leaders();
    const byLeader = Map.groupBy(positions, ([partition]) => leaders.get(partition) ?? -1);
    const rounds = [...byLeader].map(([leader, asked]) =>
      leader < 0 ? [] : fetchFrom(link, stretch, leader, rotated(asked, turn)),
    );
    const sets = (await Promise.all(rounds)).flat();
    if (byLeader.has(-1)) await lookAgain(link);
    return sets;
  } catch (error) {
    if (error instanceof Fault && error.code !== 'service_unavailable') throw error;
    await sleep(PAUSE_MS);
    return [];
  }
}

// A broker fills its answer in the order of the question, so each partition goes first in turn.
function rotated<Item>(items: readonly Item[], turn: number): Item[] {
  const at = turn % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}

async function fetchFrom(
  link: ClusterLink,
  stretch: Stretch,
  leader: number,
  asked: readonly (readonly [number, number])[],
): Promise<RecordSet[]> {
  const asks = asked.map(([partition, offset]) => ({ partition, offset, bytesMax: PARTITION_BYTES_MAX }));
  const answer = await link.fetch(leader, asks, stretch.isolation, { waitMs: POLL_MS, bytesMax: ANSWER_BYTES_MAX });
  const sets: RecordSet[] = [];
  let look = false;
  for (const { partition, errorCode, records, aborted } of answer.partitions) {
    const from = asks.find((ask) => ask.partition === partition)?.offset;
    if (from === undefined) continue;
    if (errorCode === ERROR_OFFSET_OUT_OF_RANGE) sets.push(...(await outOfRange(link, stretch, partition, from)));
    else if (isLeaderMoved(errorCode)) look = true;
    else if (errorCode !== 0) throw away('kafka', `${link.topic}/${partition}: error ${errorCode}`);
    const to = endOfSet(records);
    if (to !== null && to > from) sets.push({ partition, from, to, bytes: records, aborted });
  }
  if (look) await lookAgain(link);
  return sets;
}

const NOTHING = Buffer.alloc(0);

async function outOfRange(link: ClusterLink, stretch: Stretch, partition: number, from: number): Promise<RecordSet[]> {
  const start = (await link.offsets([partition], 'start')).get(partition)!;
  if (start <= from) return [];
  if (stretch.gone === 'throw') {
    throw new Fault('history_gone', `${link.topic}/${partition}: the log begins at ${start}, above position ${from}`);
  }
  return [{ partition, from, to: start, bytes: NOTHING, aborted: [] }];
}

async function lookAgain(link: ClusterLink): Promise<void> {
  await sleep(PAUSE_MS);
  await link.refresh();
}
