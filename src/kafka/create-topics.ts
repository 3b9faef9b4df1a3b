// Creates topics and waits until they can be used. kafkajs' own waiting fails where a broker does not know a new topic
// yet, and ends before the broker that leads a partition has taken that up: both last for moments on a busy machine.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin, ITopicConfig } from 'kafkajs';
import { brokerCodeOf } from './faults.ts';

const WAIT_MS_MAX = 15_000;
const PAUSE_MS = 50;
/** unknown topic, no leader, not (yet) the leader */
const NOT_YET_CODES = new Set([3, 5, 6]);

/**
 * Answers whether they were created: false where one existed already (then none of them was).
 * @throws what the broker refuses, or an Error if a partition has no leader after 15 s
 */
export async function createTopics(admin: Admin, topics: ITopicConfig[]): Promise<boolean> {
  const created = await admin.createTopics({ topics, waitForLeaders: false, timeout: WAIT_MS_MAX });
  const names = topics.map(({ topic }) => topic);
  for (const until = Date.now() + WAIT_MS_MAX; ; await sleep(PAUSE_MS)) {
    if (await areUsable(admin, names)) return created;
    if (Date.now() > until) throw new Error(`no leader after ${WAIT_MS_MAX / 1_000} s: ${names.join(', ')}`);
  }
}

async function areUsable(admin: Admin, names: string[]): Promise<boolean> {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    if (topics.some(({ partitions }) => partitions.length === 0)) return false;
    // The leaders themselves answer this.
    for (const name of names) await admin.fetchTopicOffsets(name);
    return true;
  } catch (error) {
    const code = brokerCodeOf(error);
    if (code !== null && NOT_YET_CODES.has(code)) return false;
    throw error;
  }
}
