// `taskfold verify` must be able to fail: whatever is changed in Redis behind the processor's back is found and named,
// with the task or partition, the field, and both values; and when it is put back, nothing differs any more.

import { expect, test } from 'vitest';
import type { Mismatch } from '../../../src/cli/verify/mismatches.ts';
import { connectRedis } from '../../../src/redis/connect.ts';
import { slotKeys } from '../../../src/redis/slot-keys.ts';
import { workRequestPlace } from '../../../src/redis/work-requests.ts';
import { foldedWorld, homeOf } from './folded-world.ts';

type Redis = ReturnType<typeof connectRedis>['client'];

interface Planted {
  readonly what: string;
  readonly plant: (redis: Redis) => Promise<unknown>;
  readonly undo: (redis: Redis) => Promise<unknown>;
  /** the mismatches that must be told, all of them */
  readonly told: readonly Partial<Mismatch>[];
}

/** A reporter's total of 9: behind the place of its IO, or behind its name. */
const TOTAL_9 = /(\[(?:\d+|"inputs\.in"),)9(?=\])/;

test('each difference planted in Redis is found, alone, and named; without it there is none', async () => {
  const world = await foldedWorld('planted');
  const task = 't1';
  const at = homeOf(task);
  const updates = [
    { internal_task_id: task, work_request_id: 'w1', task_status: 'running', retry_count: 5 },
    {
      internal_task_id: task,
      work_request_id: 'w1',
      error_count: 1,
      error_details: '[{"id":"a"}]',
      inputs: [{ id: 'in', processed_count: 2, processed_total_count: 9 }],
      processed_stats: { processed_bytes: 7 },
      task_output: '{"x":1}',
    },
  ];
  await world.append(
    at,
    updates.map((update) => ({ value: world.bytes(update) })),
  );
  await world.append(at, [{ value: world.bytes({ internal_task_id: task, error_count: -1 }) }]);
  await world.fold();

  const prefix = world.names.group;
  const keys = slotKeys(prefix, prefix, at);
  const key = keys.task(task);
  const connection = connectRedis(world.env.REDIS_URL!);
  await connection.ready(5_000);
  const { client: redis } = connection;
  const reporter = (await redis.hget(`${key}:ledger`, 'reporter.w1')) ?? '';
  const { bucket, digest } = workRequestPlace('w1');
  const request = { key: keys.workRequests(bucket), field: digest + task };
  const about = { about: 'task', partition: at, internal_task_id: task } as const;
  const ofPartition = { about: 'partition', partition: at } as const;
  const field = (hash: string, name: string, right: string, wrong: string) => ({
    plant: (client: Redis) => client.hset(hash, name, wrong),
    undo: (client: Redis) => client.hset(hash, name, right),
  });

  const planted: Planted[] = [
    {
      what: 'a sum that is one too high',
      ...field(key, 'retry_count', '5', '6'),
      told: [{ ...about, field: 'retry_count', problem: 'differs', expected: '5', found: '6' }],
    },
    {
      what: 'another status',
      ...field(key, 'task_status', 'running', 'complete'),
      told: [{ ...about, field: 'task_status', problem: 'differs', expected: 'running', found: 'complete' }],
    },
    {
      what: 'another place by status',
      plant: (client) => client.zincrby(keys.places.by_status, 10 ** 13, task),
      undo: (client) => client.zincrby(keys.places.by_status, -(10 ** 13), task),
      told: [{ ...about, field: 'by_status', problem: 'differs' }],
    },
    {
      what: 'a last update of another minute than that of its status',
      plant: (client) => client.zadd(keys.places.by_last_update, 60_000, task),
      undo: (client) => client.zrem(keys.places.by_last_update, task),
      told: [{ ...about, field: 'by_last_update', problem: 'unexpected', found: '60000' }],
    },
    {
      what: 'a work request that leads nowhere',
      plant: (client) => client.hdel(request.key, request.field),
      undo: (client) => client.hset(request.key, request.field, ''),
      told: [{ ...about, field: 'work_requests', problem: 'missing', expected: 'w1' }],
    },
    {
      what: 'a work request of another task',
      plant: (client) => client.hset(request.key, `${request.field}x`, ''),
      undo: (client) => client.hdel(request.key, `${request.field}x`),
      told: [{ ...about, internal_task_id: `${task}x`, field: 'work_requests', problem: 'unexpected' }],
    },
    {
      what: 'a place among the stalled',
      plant: (client) => client.zadd(keys.places.stalled, 7, task),
      undo: (client) => client.zrem(keys.places.stalled, task),
      told: [{ ...about, field: 'stalled', problem: 'unexpected', found: '7' }],
    },
    {
      what: 'a place of a task that no record made',
      plant: (client) => client.zadd(keys.places.drifted, 7, 'ghost'),
      undo: (client) => client.zrem(keys.places.drifted, 'ghost'),
      told: [{ about: 'task', internal_task_id: 'ghost', field: 'drifted', problem: 'unexpected' }],
    },
    {
      what: 'an IO counter',
      ...field(`${key}:io`, 'inputs.in', '2,9', '2,8'),
      told: [{ ...about, field: 'inputs.in', problem: 'differs', expected: '2,9', found: '2,8' }],
    },
    {
      what: 'a field that is gone',
      plant: (client) => client.hdel(key, 'processed_stats.processed_bytes'),
      undo: (client) => client.hset(key, 'processed_stats.processed_bytes', '7'),
      told: [{ ...about, field: 'processed_stats.processed_bytes', problem: 'missing', expected: '7' }],
    },
    {
      what: 'a field too many',
      plant: (client) => client.hset(key, 'engine_id', 'e'),
      undo: (client) => client.hdel(key, 'engine_id'),
      told: [{ ...about, field: 'engine_id', problem: 'unexpected', found: 'e' }],
    },
    {
      what: 'another reporter’s total',
      ...field(
        `${key}:ledger`,
        'reporter.w1',
        reporter,
        reporter.replace(TOTAL_9, (_, before: string) => `${before}10`),
      ),
      told: [{ ...about, field: 'reporters', problem: 'differs' }],
    },
    {
      what: 'a total in the base that nobody left there',
      plant: (client) => client.hset(`${key}:ledger`, 'base', '["inputs.in",1]'),
      undo: (client) => client.hdel(`${key}:ledger`, 'base'),
      told: [{ ...about, field: 'reporters_base', problem: 'differs', expected: '{}', found: '{"inputs.in": 1}' }],
    },
    {
      what: 'a mark that no update made',
      plant: (client) => client.hset(key, 'marks.gap', '1'),
      undo: (client) => client.hdel(key, 'marks.gap'),
      told: [{ ...about, field: 'marks.gap', problem: 'unexpected', found: '1' }],
    },
    {
      what: 'a duplicate that was none',
      plant: (client) => client.hset(key, 'updates.duplicate', '1'),
      undo: (client) => client.hdel(key, 'updates.duplicate'),
      told: [{ ...about, field: 'updates.duplicate', problem: 'unexpected', found: '1' }],
    },
    {
      what: 'an error twice',
      plant: (client) => client.rpush(`${key}:errors`, '{"id":"a"}'),
      undo: (client) => client.rpop(`${key}:errors`),
      told: [{ ...about, field: 'errors', problem: 'differs' }],
    },
    {
      what: 'another output',
      plant: (client) => client.set(`${key}:output`, '{"x":2}'),
      undo: (client) => client.set(`${key}:output`, '{"x":1}'),
      told: [{ ...about, field: 'task_output', problem: 'differs', expected: '{"x":1}', found: '{"x":2}' }],
    },
    {
      what: 'a task that no record made',
      plant: (client) => client.hset(keys.task('ghost'), 'attempts', '1'),
      undo: (client) => client.del(keys.task('ghost')),
      told: [{ about: 'task', partition: at, internal_task_id: 'ghost', problem: 'unexpected' }],
    },
    {
      what: 'a part of a task that no record made',
      plant: (client) => client.set(`${keys.task('ghost')}:output`, 'x'),
      undo: (client) => client.del(`${keys.task('ghost')}:output`),
      told: [{ about: 'task', internal_task_id: 'ghost', field: 'task_output', problem: 'unexpected' }],
    },
    {
      what: 'a lost task',
      plant: (client) => client.rename(key, 'elsewhere'),
      undo: (client) => client.rename('elsewhere', key),
      told: [{ ...about, problem: 'missing' }],
    },
    {
      what: 'a task in the slot of another partition',
      plant: (client) => client.hset(slotKeys(prefix, prefix, (at + 1) % 3).task(task), 'attempts', '1'),
      undo: (client) => client.del(slotKeys(prefix, prefix, (at + 1) % 3).task(task)),
      told: [{ about: 'task', partition: (at + 1) % 3, internal_task_id: task, problem: 'unexpected' }],
    },
    {
      what: 'a figure of the fleet',
      ...field(keys.fleet, 'retry_count', '5', '4'),
      told: [{ ...ofPartition, field: 'fleet.retry_count', problem: 'differs', expected: '5', found: '4' }],
    },
    {
      what: 'a status in the roll-up',
      ...field(keys.fleet, 'tasks_by_status.failed', '0', '1'),
      told: [{ ...ofPartition, field: 'fleet.tasks_by_status.failed', problem: 'unexpected', found: '1' }],
    },
    {
      what: 'a count that breaks conservation',
      ...field(keys.head, 'received', '3', '4'),
      told: [
        { ...ofPartition, field: 'received', problem: 'differs', expected: '3', found: '4' },
        { ...ofPartition, field: 'conservation of received', problem: 'differs', expected: '3', found: '4' },
      ],
    },
    {
      what: 'a save that did not end',
      plant: (client) => client.hset(keys.head, 'saving', '9'),
      undo: (client) => client.hdel(keys.head, 'saving'),
      told: [{ ...ofPartition, field: 'saving', problem: 'unexpected', found: '9' }],
    },
  ];

  try {
    for (const { what, plant, undo, told } of planted) {
      await plant(redis);
      const document = await world.verify();
      await undo(redis);
      expect(document, what).toMatchObject({ mismatches: told.length, first_mismatches: told });
    }
    expect(await world.verify()).toMatchObject({ mismatches: 0, tasks: 1, rejected: 1 });

    // A W that is set back without its state: the plain fold stops there, and the state is ahead of it.
    await redis.hset(keys.head, 'watermark', '1');
    const fields = (await world.verify()).first_mismatches.map(({ field: name }) => name);
    expect(fields).toEqual(
      expect.arrayContaining(['error_count', 'source.last_offset', 'received', 'fleet.error_count']),
    );
    await redis.hset(keys.head, 'watermark', '1000');
    const { first_mismatches } = await world.verify();
    expect(first_mismatches).toContainEqual(
      expect.objectContaining({ ...ofPartition, field: 'watermark', problem: 'differs', found: '1000' }),
    );
  } finally {
    connection.close();
  }
});
