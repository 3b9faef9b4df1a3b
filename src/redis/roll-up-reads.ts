// What dashboards may ask of a slot's jobs and engines: which there are, in the order of their ids' bytes, the shares of some
// as of one W, and the tasks of a job.

import type { RollUp, RollUpKind } from '../domain/roll-up.ts';
import { faultsOf } from './redis-faults.ts';
import type { RedisClient } from './redis-target.ts';
import { decodeRollUp } from './roll-ups.ts';
import type { RunScript } from './scripts.ts';
import type { SlotKeys } from './slot-keys.ts';

/**
 * Members of an index of ids, which are in the order of their bytes: those behind `after`, at most `max`.
 * @throws Fault service_unavailable
 */
export async function readIds(redis: RedisClient, index: string, after: string | null, max: number): Promise<string[]> {
  const from = after === null ? '-' : `(${after}`;
  return faultsOf(`reading ${index}`, redis.zrange(index, from, '+', 'BYLEX', 'LIMIT', 0, max));
}

/** Members of an index of ids that begin with the text, at most `max`. @throws Fault service_unavailable */
export async function readIdsThatBegin(
  redis: RedisClient,
  index: string,
  text: string,
  max: number,
): Promise<string[]> {
  // No text of UTF-8 has a byte 0xff, so all that begin with the text come before it with one behind.
  const end = Buffer.concat([Buffer.from(`(${text}`), Buffer.from([0xff])]);
  return faultsOf(`reading ${index}`, redis.zrange(index, `[${text}`, end, 'BYLEX', 'LIMIT', 0, max));
}

/** A slot's shares, all as of one W. */
export interface SharesAsOf {
  /** null: the slot is empty */
  readonly watermark: number | null;
  /** of the last folded record, ms; null: there was none */
  readonly log_time: number | null;
  /** in the order asked; null: the slot has none */
  readonly shares: readonly (RollUp | null)[];
}

/** At most some hundred at once. @throws Fault service_unavailable, torn_save where the stored data is damaged */
export async function readShares(
  run: RunScript,
  keys: SlotKeys,
  kind: RollUpKind,
  ids: readonly string[],
): Promise<SharesAsOf> {
  const hashes = ids.map((id) => keys.rollUp(kind, id));
  const reply = await faultsOf(`reading roll-ups of ${keys.tag}`, run('readRollUps', [keys.head, ...hashes], []));
  const [[watermark, log_time], ...flats] = reply as [[string | null, string | null], ...string[][]];
  return {
    watermark: watermark === null ? null : Number(watermark),
    log_time: log_time === null ? null : Number(log_time),
    shares: ids.map((id, i) => decodeRollUp(hashes[i]!, id, flats[i]!)),
  };
}
