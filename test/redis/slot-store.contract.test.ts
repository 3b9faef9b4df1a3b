// The contract suite of SlotStore on real Redis.

import { connectRedis } from '../../src/redis/connect.ts';
import { holdSlot } from '../../src/redis/hold-slot.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { readTasksOfWorkRequest } from '../../src/redis/work-requests.ts';
import { slotStoreContract } from '../contracts/slot-store.ts';
import { ownName, sharedEnv } from '../support/stack.ts';

slotStoreContract('SlotStore over Redis', async () => {
  const prefix = ownName('contract');
  const connections = [connectRedis(sharedEnv().REDIS_URL), connectRedis(sharedEnv().REDIS_URL)] as const;
  for (const connection of connections) await connection.ready(10_000);
  const [mine, others] = connections;
  const open = (connection: typeof mine) => createSlotStore({ redis: connection.client, prefix, group: 'taskfold' });
  const store = open(mine);
  return {
    store,
    other: open(others),
    async tear(partition, internal_task_id) {
      await others.client.set(`${slotKeys(prefix, 'taskfold', partition).task(internal_task_id)}:errors`, 'no list');
    },
    async loseHead(partition) {
      await others.client.del(slotKeys(prefix, 'taskfold', partition).head);
    },
    async hold(partition) {
      const hold = await holdSlot(others.client, slotKeys(prefix, 'taskfold', partition));
      return () => hold.release();
    },
    async holds(partition) {
      const keys = slotKeys(prefix, 'taskfold', partition);
      const held = new Set<string>();
      // A prefix of this test alone, so all keys that begin with the tag are the slot's.
      for (const key of await others.client.keys(`{${prefix}:taskfold:${partition}:*`)) {
        const [kind = '', id = '', part] = key.slice(keys.tag.length + 1).split(':');
        if (kind === 'task') held.add(`task ${id}`);
        else if (kind === 'retired') held.add(`tombstones ${id}`);
        else if (kind === 'job' || kind === 'engine') held.add(`${part ? `${part} of ` : ''}${kind} ${id}`);
        else if (kind !== 'head' && kind !== 'fleet' && kind !== 'live' && kind !== 'hold') held.add(kind);
      }
      return held;
    },
    async places(partition) {
      const { tag, places } = slotKeys(prefix, 'taskfold', partition);
      const engine = (key: string) => /^\{.*\}:engine:([^:]*):tasks$/s.exec(key)?.[1];
      const names = new Map(Object.entries(places).map(([name, key]) => [key, name]));
      for (const key of await others.client.keys(`${tag.replaceAll(/[[\]?*^\\]/g, '\\$&')}:engine:*:tasks`)) {
        names.set(key, `engine ${engine(key)!.replaceAll('%3A', ':').replaceAll('%25', '%')}`);
      }
      const found: Record<string, Record<string, number>> = {};
      for (const [key, name] of names) {
        const flat = await others.client.zrange(key, 0, '-1', 'WITHSCORES');
        const ids = flat.flatMap((id, i) => (i % 2 === 0 ? [[id, Number(flat[i + 1])] as const] : []));
        if (ids.length > 0) found[name] = Object.fromEntries(ids);
      }
      return found;
    },
    async workRequests(partition, asked) {
      const keys = slotKeys(prefix, 'taskfold', partition);
      const found = await Promise.all(
        asked.map(async (one) => [one, (await readTasksOfWorkRequest(others.client, keys, one, 100)).sort()] as const),
      );
      return Object.fromEntries(found.filter(([, tasks]) => tasks.length > 0));
    },
    async close() {
      for (const partition of [0, 1]) {
        await store.clear(partition);
        await mine.client.del(slotKeys(prefix, 'taskfold', partition).live);
      }
      for (const connection of connections) connection.close();
    },
  };
});
