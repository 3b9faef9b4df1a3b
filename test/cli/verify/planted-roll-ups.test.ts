// `taskfold verify` must be able to fail on the shares of jobs and engines too: whatever is changed of them in Redis is found and
// named, and when it is put back, nothing differs any more.

import { expect, test } from 'vitest';
import type { Mismatch } from '../../../src/cli/verify/mismatches.ts';
import { connectRedis } from '../../../src/redis/connect.ts';
import { slotKeys } from '../../../src/redis/slot-keys.ts';
import { foldedWorld, homeOf } from './folded-world.ts';

type Redis = ReturnType<typeof connectRedis>['client'];

interface Planted {
  readonly what: string;
  readonly plant: (redis: Redis) => Promise<unknown>;
  readonly undo: (redis: Redis) => Promise<unknown>;
  /** the mismatches that must be told, all of them */
  readonly told: readonly Partial<Mismatch>[];
}

test('each difference planted in a share is found, alone, and named; without it there is none', async () => {
  const world = await foldedWorld('planted-roll-ups');
  const at = homeOf('t1');
  const first = { internal_task_id: 't1', internal_job_id: 'old', engine_id: 'e:1', error_count: 2 };
  const updates = [
    { ...first, work_request_id: 'w1', prior_timestamp: 1, timestamp: 2 },
    { ...first, work_request_id: 'w1', prior_timestamp: 2, timestamp: 3, internal_job_id: 'j1', task_status: 'failed' },
  ];
  await world.append(
    at,
    updates.map((update) => ({ value: world.bytes(update) })),
  );
  await world.fold();

  const prefix = world.names.group;
  const keys = slotKeys(prefix, prefix, at);
  const [job, engine] = [keys.rollUp('internal_job_id', 'j1'), keys.rollUp('engine_id', 'e:1')];
  const connection = connectRedis(world.env.REDIS_URL!);
  await connection.ready(5_000);
  const { client: redis } = connection;
  const ofJob = { about: 'job', partition: at, internal_job_id: 'j1' } as const;
  const ofEngine = { about: 'engine', partition: at, engine_id: 'e:1' } as const;

  const planted: Planted[] = [
    {
      what: 'a sum that is one too high',
      plant: (client) => client.hset(engine, 'error_count', '5'),
      undo: (client) => client.hset(engine, 'error_count', '4'),
      told: [{ ...ofEngine, field: 'error_count', problem: 'differs', expected: '4', found: '5' }],
    },
    {
      what: 'a figure that is gone',
      plant: (client) => client.hdel(job, 'failures_by_reason.unreported'),
      undo: (client) => client.hset(job, 'failures_by_reason.unreported', '1'),
      told: [{ ...ofJob, field: 'failures_by_reason.unreported', problem: 'missing', expected: '1' }],
    },
    {
      what: 'a figure too many',
      plant: (client) => client.hset(job, 'retired.tasks', '1'),
      undo: (client) => client.hdel(job, 'retired.tasks'),
      told: [{ ...ofJob, field: 'retired.tasks', problem: 'unexpected', found: '1' }],
    },
    {
      what: 'a lost share, of which the index and the tasks still tell',
      plant: (client) => client.rename(job, `${prefix}-elsewhere`),
      undo: (client) => client.rename(`${prefix}-elsewhere`, job),
      told: ['tasks', 'first_update_at', 'last_update_at', 'tasks_by_status.failed', 'tasks_by_liveness.ended']
        .concat('error_count', 'failures_by_reason.unreported', 'updates.applied')
        .map((field) => ({ ...ofJob, field, problem: 'missing' })),
    },
    {
      what: 'the share of a job that its last task has left',
      plant: (client) => client.hset(keys.rollUp('internal_job_id', 'old'), 'tasks', '1'),
      undo: (client) => client.del(keys.rollUp('internal_job_id', 'old')),
      told: [{ about: 'job', partition: at, internal_job_id: 'old', field: 'tasks', problem: 'unexpected' }],
    },
    {
      what: 'a task in the set of a job that it has left',
      plant: (client) => client.zadd(keys.jobTasks('old'), 0, 't1'),
      undo: (client) => client.del(keys.jobTasks('old')),
      told: [{ about: 'job', partition: at, internal_job_id: 'old', field: 'its tasks', problem: 'unexpected' }],
    },
    {
      what: 'a task too many in the set of its job',
      plant: (client) => client.zadd(keys.jobTasks('j1'), 0, 't0'),
      undo: (client) => client.zrem(keys.jobTasks('j1'), 't0'),
      told: [{ ...ofJob, field: 'its tasks', problem: 'differs', expected: '["t1 0"]', found: '["t0 0","t1 0"]' }],
    },
    {
      what: 'an engine that the index lost',
      plant: (client) => client.zrem(keys.rollUps.engine_id, 'e:1'),
      undo: (client) => client.zadd(keys.rollUps.engine_id, 0, 'e:1'),
      told: [{ ...ofEngine, field: 'in the index', problem: 'missing' }],
    },
    {
      what: 'a job that is over among those that are not',
      plant: (client) => client.zadd(keys.openJobs, 60_000, 'j1'),
      undo: (client) => client.zrem(keys.openJobs, 'j1'),
      told: [{ ...ofJob, field: 'open', problem: 'unexpected' }],
    },
    {
      what: 'a job that only the index of open ones knows',
      plant: (client) => client.zadd(keys.openJobs, 60_000, 'ghost'),
      undo: (client) => client.zrem(keys.openJobs, 'ghost'),
      told: [{ about: 'job', internal_job_id: 'ghost', field: 'open', problem: 'unexpected' }],
    },
    {
      what: 'an engine that only the index knows',
      plant: (client) => client.zadd(keys.rollUps.engine_id, 0, 'ghost'),
      undo: (client) => client.zrem(keys.rollUps.engine_id, 'ghost'),
      told: [{ about: 'engine', engine_id: 'ghost', field: 'in the index', problem: 'unexpected' }],
    },
  ];

  try {
    for (const { what, plant, undo, told } of planted) {
      await plant(redis);
      const document = await world.verify();
      await undo(redis);
      const found = document.first_mismatches.toSorted((a, b) => (String(a.field) < String(b.field) ? -1 : 1));
      const wanted = told.toSorted((a, b) => (String(a.field) < String(b.field) ? -1 : 1));
      expect({ what, found }).toMatchObject({ what, found: wanted });
      expect(document.mismatches, what).toBe(told.length);
    }
    expect(await world.verify()).toMatchObject({ mismatches: 0, tasks: 1 });
  } finally {
    connection.close();
  }
});
