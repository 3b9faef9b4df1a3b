// `taskfold verify --wait`: until every partition is folded to the log's end, and its events have left.

import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from '../../redis/redis-target.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import type { KafkaLook } from './look-at-kafka.ts';

const PAUSE_MS = 250;

/**
 * Resolves once, in two looks one after the other, nothing was left to do and no log had grown.
 * @throws CommandFailure (exit 1) after so many seconds, with what is left
 */
export async function waitUntilSettled(
  redis: RedisClient,
  kafka: KafkaLook,
  keys: readonly SlotKeys[],
  seconds: number,
  onProgress: (text: string) => void,
): Promise<void> {
  const until = performance.now() + seconds * 1_000;
  let last = '';
  for (;;) {
    const { left, ends } = await whatIsLeft(redis, kafka, keys);
    if (left.length === 0 && ends === last) return;
    last = ends;
    if (left.length > 0) onProgress(`waiting: ${left[0]}${left.length > 1 ? `, and ${left.length - 1} more` : ''}`);
    if (left.length > 0 && performance.now() > until) {
      const shown = left.slice(0, 5).join('; ');
      throw new CommandFailure(`not settled after ${seconds} s: ${shown}`, EXIT.failed, 'see "taskfold status"');
    }
    await sleep(PAUSE_MS);
  }
}

async function whatIsLeft(
  redis: RedisClient,
  kafka: KafkaLook,
  keys: readonly SlotKeys[],
): Promise<{ left: string[]; ends: string }> {
  const left: string[] = [];
  const positions = await kafka.positions();
  for (const [partition, { end, emitted }] of positions) {
    const { head, outbox } = keys[partition]!;
    const watermark = Number(await redis.hget(head, 'watermark')) || 0;
    if ((await redis.hexists(head, 'watermark')) === 0) left.push(`partition ${partition} is not begun`);
    else if (watermark < end) left.push(`partition ${partition} is folded to ${watermark} of ${end}`);
    // Entries below C have left; they are only not trimmed yet.
    else if ((await redis.xrange(outbox, `${emitted}-0`, '+', 'COUNT', 1)).length > 0) {
      left.push(`events of partition ${partition} have left to ${emitted} of ${watermark}`);
    }
  }
  return { left, ends: JSON.stringify([...positions].map(([, { end }]) => end)) };
}
