// The simulator's in-memory ports keep the same promises as the real adapters: what a schedule shows of them holds there.

import { setTimeout as sleep } from 'node:timers/promises';
import { PLACES } from '../../src/domain/roll-up.ts';
import { eventLogContract } from '../contracts/event-log-contract.ts';
import { inputLogContract } from '../contracts/input-log-contract.ts';
import { slotStoreContract } from '../contracts/slot-store.ts';
import { type Call, callNow, MemoryKafka, memoryEventLog, memoryInputLog } from './memory-kafka.ts';
import { MemorySlots, memorySlotStore } from './memory-slot-store.ts';

slotStoreContract('in memory', async () => {
  let tearing = false;
  const slots = new MemorySlots({
    tear() {
      const now = tearing;
      tearing = false;
      return now;
    },
  });
  return {
    store: memorySlotStore(slots),
    other: memorySlotStore(slots),
    async tear() {
      tearing = true;
    },
    async loseHead(partition) {
      const slot = slots.slot(partition);
      slot.head = null;
      slot.watermark = null;
    },
    async hold(partition) {
      slots.held.add(partition);
      return async () => void slots.held.delete(partition);
    },
    async holds(partition) {
      const { tasks, looks, places, workRequests, rollUps, jobTasks, tombstones, notices } = slots.slot(partition);
      const [jobs, engines] = [rollUps.internal_job_id, rollUps.engine_id];
      const held = new Set([...tasks.keys()].map((id) => `task ${id}`));
      for (const generation of tombstones.keys()) held.add(`tombstones ${generation}`);
      for (const [name, part] of Object.entries({ looks, jobs, engines })) if (part.size > 0) held.add(name);
      const [all, ended] = ['tasks', 'tasks_by_liveness.ended'].map((name) => PLACES.get(name)!);
      if ([...jobs.values()].some(({ figures }) => figures[all!] !== figures[ended!])) held.add('open_jobs');
      for (const id of jobs.keys()) held.add(`job ${id}`);
      for (const id of jobTasks.keys()) held.add(`tasks of job ${id}`);
      for (const id of engines.keys()) held.add(`engine ${id}`);
      for (const name of places.keys()) held.add(name.replace(/^engine /, 'tasks of engine '));
      if (notices.length > 0) held.add('outbox');
      if (workRequests.size > 0) held.add('work_requests');
      return held;
    },
    async places(partition) {
      const { places } = slots.slot(partition);
      return Object.fromEntries([...places].map(([name, ids]) => [name, Object.fromEntries(ids)]));
    },
    async workRequests(partition, asked) {
      const { workRequests } = slots.slot(partition);
      return Object.fromEntries(
        asked.filter((one) => workRequests.has(one)).map((one) => [one, [...workRequests.get(one)!].sort()]),
      );
    },
    async close() {},
  };
});

/** A call that waits in real time, in short steps, as a fetch does that finds nothing. */
const callInTime: Call = async (perform, { delayMs = 0 } = {}) => {
  const until = Date.now() + Math.min(delayMs, 1_000);
  for (;;) {
    const result = perform();
    const { from, to } = result as { from?: number; to?: number };
    if (from === undefined || to !== from || Date.now() >= until) return result;
    await sleep(5);
  }
};

inputLogContract(async () => {
  const kafka = new MemoryKafka('input', 2, Date.now);
  const ours = new Set([0, 1]);
  let producers = 100;
  return {
    log: memoryInputLog(kafka, callInTime, (partition) => ours.has(partition)),
    async append(partition, drafts) {
      for (const { key = null, value = null, headers = {} } of drafts) kafka.append(partition, { key, value, headers });
    },
    async begin() {
      const producer = producers++;
      return {
        async append(partition, drafts) {
          for (const { key = null, value = null, headers = {} } of drafts) {
            kafka.append(partition, { key, value, headers }, 'open', producer);
          }
        },
        commit: async () => kafka.endTransaction(producer, 'committed'),
        abort: async () => kafka.endTransaction(producer, 'aborted'),
      };
    },
    deleteBelow: async (partition, offset) => kafka.truncate(partition, offset),
    lose: async (partition) => void ours.delete(partition),
  };
});

eventLogContract(async () => {
  const kafka = new MemoryKafka('input', 3, Date.now);
  return {
    events: memoryEventLog(kafka, callNow),
    inputTopic: 'input',
    outputTopic: 'output',
    async readOutput() {
      const byKey = new Map<string, string[]>();
      for (const { key, value } of kafka.outgoing) {
        byKey.set(String(key), [...(byKey.get(String(key)) ?? []), String(value)]);
      }
      return byKey;
    },
    readInput: async (partition) => kafka.visible(partition).map(({ value }) => String(value)),
  };
});
