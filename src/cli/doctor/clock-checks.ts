// `taskfold doctor` on clocks. Nothing that is folded depends on ours; what depends on it is whether certificates look valid,
// and what `taskfold status` says of owners.

import { setTimeout as sleep } from 'node:timers/promises';
import { ClusterLink } from '../../kafka/cluster-link.ts';
import { createKafka } from '../../kafka/connection.ts';
import { batchAt } from '../../kafka/record-batches.ts';
import type { CommandContext } from '../command-context.ts';
import { kafkaConnection } from '../service-targets.ts';
import { kafkaLog } from '../topic-admin.ts';
import { type Check, checksAbout, shownMs } from './check.ts';

const OFF_MS_MAX = 2_000;
const WATCH_MS = 3_000;
const LOOK_MS = 50;
const CURE = 'chronyc tracking (or timedatectl timesync-status) on this machine and on the brokers';
const { ok, warn } = checksAbout('kafka');

/**
 * Only a record says what time it is at the broker: the next one to arrive is compared with our clock when it does.
 * @param partitions of the input, whose records carry the broker's time
 */
export async function brokerClockCheck(context: CommandContext, partitions: number): Promise<Check> {
  const topic = context.config.input_topic;
  const link = new ClusterLink(createKafka(kafkaConnection(context.config), 'read', kafkaLog(context)), topic);
  context.closing(() => link.close());
  const all = [...Array(partitions).keys()];
  const before = await link.offsets(all, 'end');
  const until = Date.now() + WATCH_MS;
  let last = Date.now();
  while (Date.now() < until && !context.signal.aborted) {
    await sleep(LOOK_MS);
    const earliest = last;
    const ends = await link.offsets(all, 'end');
    last = Date.now();
    const grown = all.find((partition) => ends.get(partition)! > before.get(partition)!);
    if (grown === undefined) continue;
    const time = await appendedAt(link, grown, before.get(grown)!);
    if (time === null) continue;
    // It arrived between our two looks.
    return clockCheck(time < earliest ? earliest - time : Math.max(0, time - last), time < earliest);
  }
  return ok('clock', `the broker's clock was not compared: no record arrived within ${shownMs(WATCH_MS)}`);
}

function clockCheck(off: number, ahead: boolean): Check {
  if (off <= OFF_MS_MAX) return ok('clock', `our clock is within ${shownMs(OFF_MS_MAX)} of the broker's`);
  const message = `our clock is ${shownMs(off)} ${ahead ? 'ahead of' : 'behind'} the broker's`;
  return warn('clock', message, CURE);
}

async function appendedAt(link: ClusterLink, partition: number, offset: number): Promise<number | null> {
  const leader = (await link.leaders()).get(partition);
  if (leader === undefined) return null;
  const asks = [{ partition, offset, bytesMax: 100_000 }];
  const { partitions } = await link.fetch(leader, asks, 'uncommitted', { waitMs: 100, bytesMax: 100_000 });
  const batch = batchAt(partitions[0]?.records ?? Buffer.alloc(0), 0);
  return batch?.logAppendTime ?? null;
}
