// Puts a copy of a slot back. While that goes on the head holds nothing but a mark, so nobody claims or saves; W comes with
// the last step. A crash in between leaves the mark: the partition halts, and the loading can be done again.

import { randomUUID } from 'node:crypto';
import { LOAD_MARK } from '../pipeline/ports.ts';
import { emptySlot, overtaken } from './clear-slot.ts';
import { faultsOf } from './connect.ts';
import type { SlotPiece } from './copy-slot.ts';
import type { RedisClient } from './redis-target.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';
import { type SlotWrites, slotWrites } from './slot-writes.ts';

/** Pieces written by one script at most. */
const STEP = 250;

/**
 * Deletes what the slot holds and writes the pieces in its place.
 * @param pieces as copySlot gives them; the head is among the first ones
 * @throws Fault save_refused if another loading or clearing overtook this one; service_unavailable; what `pieces` throws
 */
export async function loadSlot(
  redis: RedisClient,
  run: RunScript,
  keys: SlotKeys,
  pieces: AsyncIterable<SlotPiece>,
): Promise<void> {
  const mark = `${LOAD_MARK}${randomUUID()}`;
  await emptySlot(redis, run, keys, mark);

  async function send(writes: SlotWrites, ...end: string[]): Promise<void> {
    const done = await faultsOf(`loading ${keys.tag}`, run('load', writes.keys, [mark, writes.pack(), ...end]));
    if (done !== 1) throw overtaken(keys);
  }

  const head: SlotPiece[] = [];
  let writes = slotWrites(keys.head);
  let waiting = 0;
  for await (const piece of pieces) {
    if (piece.key === 'head') {
      head.push(piece);
      continue;
    }
    write(writes, `${keys.tag}:${piece.key}`, piece);
    if (++waiting < STEP) continue;
    await send(writes);
    writes = slotWrites(keys.head);
    waiting = 0;
  }
  for (const piece of head) write(writes, keys.head, piece);
  await send(writes, 'END');
}

function write(writes: SlotWrites, key: string, { type, values, id }: SlotPiece): void {
  if (type === 'hash') writes.hset(key, values);
  else if (type === 'list') writes.rpush(key, values);
  else if (type === 'string') writes.write('SET', key, ...values);
  else if (type === 'stream') writes.write('XADD', key, id!, ...values);
  else {
    // ZADD takes the score first.
    const pairs: string[] = [];
    for (let at = 0; at < values.length; at += 2) pairs.push(values[at + 1]!, values[at]!);
    writes.zadd(key, pairs);
  }
}
