// `taskfold verify --wait`: until every partition is folded to the log's end, and its events have left.

import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisClient } from '../../redis/redis-target.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import type { InputPosition, KafkaLook } from './look-at-kafka.ts';

const PAUSE_MS = 250;

/**
 * Resolves once all that the logs held when this was called is folded, its events have left, and so are the copies that
 * re-routing wrote of it. The goal is set once, since a log never rests: where tasks wait to be looked at, ticks come for
 * as long as they wait.
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
  // Once for what was published; once more for the copies, all of which are written when the events of the first have left.
  for (let round = 0; round < 2; round++) {
    const goals = endsOf(await kafka.positions());
    for (;;) {
      const left = await whatIsLeft(redis, kafka, keys, goals);
      if (left.length === 0) break;
      onProgress(`waiting: ${left[0]}${left.length > 1 ? `, and ${left.length - 1} more` : ''}`);
      if (performance.now() > until) {
        const shown = left.slice(0, 5).join('; ');
        throw new CommandFailure(`not settled after ${seconds} s: ${shown}`, EXIT.failed, 'see "taskfold status"');
      }
      await sleep(PAUSE_MS);
    }
  }
}

function endsOf(positions: ReadonlyMap<number, InputPosition>): Map<number, number> {
  return new Map([...positions].map(([partition, { end }]) => [partition, end]));
}

async function whatIsLeft(
  redis: RedisClient,
  kafka: KafkaLook,
  keys: readonly SlotKeys[],
  goals: ReadonlyMap<number, number>,
): Promise<string[]> {
  const left: string[] = [];
  const positions = await kafka.positions();
  for (const [partition, goal] of goals) {
    const { head, outbox } = keys[partition]!;
    const emitted = positions.get(partition)?.emitted ?? 0;
    const stored = await redis.hget(head, 'watermark');
    const watermark = Number(stored) || 0;
    if (stored === null) left.push(`partition ${partition} is not begun`);
    else if (watermark < goal) left.push(`partition ${partition} is folded to ${watermark} of ${goal}`);
    // Entries below C have left; they are only not trimmed yet.
    else if (emitted < goal && (await redis.xrange(outbox, `${emitted}-0`, `(${goal}-0`, 'COUNT', 1)).length > 0) {
      left.push(`events of partition ${partition} have left to ${emitted} of ${goal}`);
    }
  }
  return left;
}
