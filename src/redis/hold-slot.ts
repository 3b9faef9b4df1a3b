// An operator's tool holds a slot still: while the key `{tag}:hold` stands, saves are put off, so W stays where it is. It
// lapses by itself, so a tool that died stops a partition for seconds only. Whoever reads under a hold compares W all the
// same: a hold that lapsed, or was lost with a fail-over, makes the reading begin again, and nothing wrong.

import { randomUUID } from 'node:crypto';
import { Fault } from '../pipeline/errors.ts';
import { faultsOf } from './connect.ts';
import type { RedisClient } from './redis-target.ts';
import type { SlotKeys } from './slot-keys.ts';

/** A hold that nobody renews lapses after this, ms. */
const HOLD_MS = 15_000;

export interface SlotHold {
  /** Renews the hold where that is due: to be called between steps. @throws Fault service_unavailable */
  keep(): Promise<void>;
  release(): Promise<void>;
}

/**
 * @param token of this holder alone
 * @param isOver whether the holder of another token is known to be gone: then its hold is taken over
 * @throws Fault slot_held if another tool holds it; service_unavailable
 */
export async function holdSlot(
  redis: RedisClient,
  { tag, hold }: SlotKeys,
  token: string = randomUUID(),
  isOver: (token: string) => boolean = () => false,
): Promise<SlotHold> {
  const doing = `holding ${tag}`;
  const other = await faultsOf(doing, redis.get(hold));
  const isFree = other === null || isOver(other);
  const taken =
    isFree &&
    (await faultsOf(
      doing,
      other === null ? redis.set(hold, token, 'PX', HOLD_MS, 'NX') : redis.set(hold, token, 'PX', HOLD_MS),
    ));
  if (!taken) {
    throw new Fault('slot_held', `another tool copies or replaces ${tag}: wait for its end, or ${HOLD_MS / 1_000} s`);
  }
  let renewedAt = performance.now();
  return {
    async keep() {
      if (performance.now() - renewedAt < HOLD_MS / 3) return;
      renewedAt = performance.now();
      await faultsOf(doing, redis.set(hold, token, 'PX', HOLD_MS));
    },
    async release() {
      if ((await faultsOf(doing, redis.get(hold))) === token) await faultsOf(doing, redis.del(hold));
    },
  };
}
