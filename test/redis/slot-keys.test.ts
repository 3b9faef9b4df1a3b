// Keys: a pure function of prefix, group and partition, free of collisions, spread over a cluster.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CLUSTER_SLOTS, crc16 } from '../../src/redis/cluster-slot.ts';
import {
  groupTasksPattern,
  parseRollUpKey,
  parseSlotKey,
  parseTaskKey,
  slotKeys,
  slotPattern,
} from '../../src/redis/slot-keys.ts';
import { anyId } from '../contracts/arbitrary-slots.ts';

const PARTS = [':io', ':long', ':ledger', ':errors', ':output'];

/** The cluster slot of a key by the published rule: CRC-16 of what stands between the first { and the next }. */
function clusterSlot(key: string): number {
  const open = key.indexOf('{');
  return crc16(key.slice(open + 1, key.indexOf('}', open))) % CLUSTER_SLOTS;
}

test('the CRC is the one that Redis Cluster documents', () => {
  expect(crc16('123456789')).toBe(0x31c3);
});

test('the published keys do not change from version to version: data would be lost without a word', () => {
  const keys = slotKeys('taskfold', 'my-group', 7);
  expect(keys).toMatchInlineSnapshot(`
    {
      "absent": "{taskfold:my-group:7:2ef}:absent",
      "engineTasks": [Function],
      "fleet": "{taskfold:my-group:7:2ef}:fleet",
      "head": "{taskfold:my-group:7:2ef}:head",
      "hold": "{taskfold:my-group:7:2ef}:hold",
      "jobTasks": [Function],
      "live": "{taskfold:my-group:7:2ef}:live",
      "looks": "{taskfold:my-group:7:2ef}:looks",
      "openJobs": "{taskfold:my-group:7:2ef}:open_jobs",
      "outbox": "{taskfold:my-group:7:2ef}:outbox",
      "places": {
        "by_last_update": "{taskfold:my-group:7:2ef}:by_last_update",
        "by_reason": "{taskfold:my-group:7:2ef}:by_reason",
        "by_status": "{taskfold:my-group:7:2ef}:by_status",
        "drifted": "{taskfold:my-group:7:2ef}:drifted",
        "silent": "{taskfold:my-group:7:2ef}:silent",
        "stalled": "{taskfold:my-group:7:2ef}:stalled",
      },
      "probes": [
        "{taskfold:my-group:7:2ef}:probe:hash",
        "{taskfold:my-group:7:2ef}:probe:list",
        "{taskfold:my-group:7:2ef}:probe:string",
        "{taskfold:my-group:7:2ef}:probe:stream",
        "{taskfold:my-group:7:2ef}:probe:zset",
      ],
      "retired": [Function],
      "rollUp": [Function],
      "rollUps": {
        "engine_id": "{taskfold:my-group:7:2ef}:engines",
        "internal_job_id": "{taskfold:my-group:7:2ef}:jobs",
      },
      "tag": "{taskfold:my-group:7:2ef}",
      "task": [Function],
      "workRequests": [Function],
    }
  `);
  expect(keys.task('7a2c:x')).toMatchInlineSnapshot(`"{taskfold:my-group:7:2ef}:task:7a2c%3Ax"`);
});

test('12 partitions divide evenly among 2, 3, 4 and 6 nodes; other counts are at most two off', () => {
  for (const group of ['taskfold', 'another-group', 'g3']) {
    for (const partitions of [1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48, 50, 100]) {
      for (const nodes of [2, 3, 4, 6]) {
        const onNode = new Array<number>(nodes).fill(0);
        for (let p = 0; p < partitions; p++) {
          // Moved back to the group's own beginning, so that no partition lies on a border between two nodes.
          const from = crc16(`taskfold:${group}:`);
          const slot = (clusterSlot(slotKeys('taskfold', group, p).head) - from + CLUSTER_SLOTS) % CLUSTER_SLOTS;
          onNode[Math.floor((slot * nodes) / CLUSTER_SLOTS)]!++;
        }
        const off = Math.max(...onNode) - Math.min(...onNode);
        expect({ partitions, nodes, off }).toEqual({ partitions, nodes, off: expect.toSatisfy((n) => n <= 2) });
        if (partitions % 12 === 0) expect({ partitions, nodes, off }).toEqual({ partitions, nodes, off: 0 });
      }
    }
  }
});

test('all keys of a slot lie in one cluster slot, whatever the id', () => {
  fc.assert(
    fc.property(anyId, fc.nat(300), (id, partition) => {
      const keys = slotKeys('p', 'g', partition);
      const task = keys.task(id);
      const shares = [keys.rollUp('internal_job_id', id), keys.rollUp('engine_id', id), keys.jobTasks(id)];
      const all = [
        keys.head,
        keys.fleet,
        keys.outbox,
        keys.live,
        ...Object.values(keys.rollUps),
        ...shares,
        task,
        ...PARTS.map((part) => task + part),
      ];
      expect(new Set(all.map(clusterSlot)).size).toBe(1);
      expect(new Set(all).size).toBe(all.length);
    }),
  );
});

test('no key of one task is a key of another, and a task hash tells its partition and id', () => {
  fc.assert(
    fc.property(anyId, anyId, fc.constantFrom('', ...PARTS), (a, b, part) => {
      const keys = slotKeys('p', 'g', 3);
      if (a !== b) for (const other of ['', ...PARTS]) expect(keys.task(a) + part).not.toBe(keys.task(b) + other);
      expect(parseTaskKey(keys.task(a))).toEqual({ partition: 3, internal_task_id: a });
      if (part !== '') expect(parseTaskKey(keys.task(a) + part)).toBeNull();
      expect(keys.task(`${a}${part}`)).not.toBe(part === '' ? undefined : keys.task(a) + part);
    }),
    { numRuns: 500 },
  );
});

test('the key of a share, and of a job’s tasks, tells its partition and id, and is no key of another one', () => {
  fc.assert(
    fc.property(anyId, anyId, (a, b) => {
      const keys = slotKeys('p', 'g', 3);
      const [job, engine] = [keys.rollUp('internal_job_id', a), keys.rollUp('engine_id', a)];
      expect(parseRollUpKey(job)).toEqual({ partition: 3, kind: 'internal_job_id', id: a, isTasks: false });
      expect(parseRollUpKey(keys.jobTasks(a))).toEqual({ partition: 3, kind: 'internal_job_id', id: a, isTasks: true });
      expect(parseRollUpKey(engine)).toEqual({ partition: 3, kind: 'engine_id', id: a, isTasks: false });
      for (const key of [job, engine, keys.jobTasks(a)]) expect(parseTaskKey(key)).toBeNull();
      expect(parseRollUpKey(keys.task(a))).toBeNull();
      if (a === b) return;
      expect([keys.rollUp('internal_job_id', b), keys.jobTasks(b)]).not.toContain(job);
      expect(keys.jobTasks(a)).not.toBe(keys.jobTasks(b));
    }),
  );
});

test('prefixes and groups with odd characters have tags of their own, without braces, colons or pattern characters', () => {
  const names = ['a', 'a:b', 'b', ':', '{a}', '}', 'a*', 'a?', '[a]', 'a\\', '%3A', 'ä', 'a b', "it's", ''];
  const tags = new Set<string>();
  for (const prefix of names) {
    for (const group of names) {
      const { tag, head } = slotKeys(prefix, group, 0);
      expect(tag).toMatch(/^\{[\w.%-]*:[\w.%-]*:0:[0-9a-z]+\}$/);
      expect(parseSlotKey(head)).toBe(0);
      tags.add(tag);
    }
  }
  expect(tags.size).toBe(names.length ** 2);
});

test('the scan patterns hold no wildcard but their own', () => {
  expect(slotPattern(slotKeys('a*', '[b]', 0))).toMatch(/^\{a%2a:%5Bb%5D:0:\w+\}:\*$/i);
  expect(groupTasksPattern('a*', 'b?')).toMatch(/^\{a%2a:b%3F:\*\}:task:\*$/i);
});
