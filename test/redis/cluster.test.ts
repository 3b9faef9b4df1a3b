// A Redis Cluster of three masters and a replica: partitions lie on all of them, whoever reads all keys reads all masters, a slot
// that moves is waited for and torn by nothing, a master that fails over is followed, and one that is away is told.

import { Cluster, Redis } from 'ioredis';
import { expect, onTestFinished, test } from 'vitest';
import { homeOf } from '../../src/domain/home.ts';
import { createLiveReads } from '../../src/read/live-reads.ts';
import { createReads } from '../../src/read/reads.ts';
import { crc16 } from '../../src/redis/cluster-slot.ts';
import { connectRedis } from '../../src/redis/connect.ts';
import { mastersOf } from '../../src/redis/masters.ts';
import { groupKeys } from '../../src/redis/slot-keys.ts';
import { createSlotStore } from '../../src/redis/slot-store.ts';
import { changeOf, headOf, taskOf } from '../contracts/slot-samples.ts';
import { formCluster } from '../support/redis-cluster.ts';
import { ownName, privateStack } from '../support/stack.ts';

const PARTITIONS = 12;
const TASKS = 20;

async function cluster() {
  const nodes = ['redis-2', 'redis-3', 'redis-4', 'redis-5'] as const;
  const options = Object.fromEntries(
    nodes.map((name) => [name, { cluster: true, lines: ['cluster-node-timeout 2000'] }]),
  );
  const stack = await privateStack({ services: nodes, options });
  const services = nodes.map((name) => stack.service(name));
  await formCluster(services.slice(0, 3), {}, services.slice(3));
  // One node is enough to find the others.
  const target = { url: services[0]!.url, mode: 'cluster' as const };
  const problems: string[] = [];
  const connection = connectRedis(target, { commandTimeoutMs: 3_000, onProblem: (reason) => problems.push(reason) });
  onTestFinished(() => connection.close());
  await connection.ready(10_000);
  const prefix = ownName('cluster');
  const names = { redis: connection.client, prefix, group: 'g' };
  return { services, connection, problems, keysOf: groupKeys(prefix, 'g'), store: createSlotStore(names), names };
}

/** The task ids of a partition. */
const idsOf = (partition: number) => Array.from({ length: TASKS }, (_, i) => `p${partition}-t${i}`);

/** An id whose home it is. */
function idAtHome(partition: number): string {
  for (let n = 0; ; n++) if (homeOf(`at-home-${n}`, PARTITIONS) === partition) return `at-home-${n}`;
}

test('a Cluster folds as one Redis does', async () => {
  const { services, connection, problems, keysOf, store, names } = await cluster();
  const { client } = connection;
  if (!(client instanceof Cluster)) throw new Error('this is no Cluster');
  const heads = Array.from({ length: PARTITIONS }, () => headOf());
  const save = (partition: number, from: number, tasks: number[]) =>
    store.save(partition, {
      expect: from,
      expect_log_time: null,
      to: from + 1,
      head: heads[partition]!,
      rollUps: [],
      changes: tasks.map((i) => changeOf(taskOf(idsOf(partition)[i]!, from))),
      tombstones: new Map(),
      notices: [],
    });
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await store.claim(partition, 'me');
    await store.begin(partition, 0, heads[partition]!);
    expect(await save(partition, 0, [...Array(TASKS).keys()])).toEqual({ outcome: 'saved' });
  }

  // Every master has its share of the twelve partitions, and all tasks are found by who reads them all.
  const masters = await mastersOf(client);
  const sizes = await Promise.all(masters.map((master) => master.keys('*:head')));
  expect(sizes.map((keys) => keys.length)).toEqual([4, 4, 4]);
  const reads = createLiveReads({ ...names, topic: 'updates' });
  const found: string[] = [];
  for await (const { internal_task_id } of reads.streamTasks()) found.push(internal_task_id);
  expect(found.sort()).toEqual(heads.flatMap((_, partition) => idsOf(partition)).sort());

  // A point read goes to the home alone, at once and not by way of another node, and so does who waits for a record.
  // (Of the calls one HGET is the script's own.)
  const whole = createReads({ ...names, topic: 'updates' });
  const asked = async (read: () => Promise<unknown>) => {
    for (const master of masters) await master.call('CONFIG', 'RESETSTAT');
    await read();
    const told = await Promise.all(masters.map(async (master) => `${await master.info('all')}`));
    return told.map((info) => ({
      calls: Object.fromEntries(
        [...info.matchAll(/cmdstat_(eval|evalsha|hget):calls=(\d+)/g)].map(([, name, calls]) => [name, Number(calls)]),
      ),
      refused: /errorstat_(MOVED|ASK)/.test(info),
    }));
  };
  const ofMaster = (partition: number) => {
    const home = client.slots[crc16(keysOf(partition).tag.slice(1, -1)) % 16_384]![0];
    return masters.findIndex(({ options }) => `${options.host}:${options.port}` === home);
  };
  // Its scripts are then known everywhere, and so is the partition count.
  expect((await whole.readFleet()).as_of.unreachable).toEqual([]);
  const ids = Array.from({ length: PARTITIONS }, (_, partition) => idAtHome(partition));
  for (const id of ids) await whole.readTask(id);
  for (const [partition, id] of ids.entries()) {
    const here = (calls: object) =>
      masters.map((_, i) => ({ calls: i === ofMaster(partition) ? calls : {}, refused: false }));
    expect(await asked(() => whole.readTask(id))).toEqual(here({ evalsha: 2, hget: 1 }));
    expect(await asked(() => whole.waitFor({ partition, offset: 0 }))).toEqual(here({ hget: 1 }));
  }

  // A slot on the move: saves are refused before they begin, and go on where it has arrived; nothing is torn.
  const { tag } = keysOf(0);
  const slot = crc16(tag.slice(1, -1)) % 16_384;
  const home = masters.find(({ options }) => `${options.host}:${options.port}` === client.slots[slot]![0])!;
  const next = masters.find((master) => master !== home)!;
  const [homeId, nextId] = [await home.call('CLUSTER', 'MYID'), await next.call('CLUSTER', 'MYID')] as string[];
  await next.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', homeId!);
  await home.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', nextId!);
  const moving = { code: 'service_unavailable', message: expect.stringMatching(/Cluster is moving keys/) };
  // All of its keys are there still: only the key that never exists tells Redis that it must not begin.
  await expect(save(0, 1, [0, 1])).rejects.toMatchObject(moving);
  const keys = (await home.call('CLUSTER', 'GETKEYSINSLOT', slot, 1_000)) as string[];
  expect(keys.length).toBeGreaterThan(TASKS);
  const half = keys.splice(0, Math.floor(keys.length / 2));
  const move = (some: string[]) =>
    home.call('MIGRATE', '127.0.0.1', String(next.options.port), '', '0', '5000', 'KEYS', ...some);
  await move(half);
  await expect(save(0, 1, [0, 1])).rejects.toMatchObject(moving);
  await move(keys);
  for (const master of masters) await master.call('CLUSTER', 'SETSLOT', slot, 'NODE', nextId!);
  expect(await store.claim(0, 'me')).toMatchObject({ watermark: 1, saving: null });
  expect(await save(0, 1, [0, 1])).toEqual({ outcome: 'saved' });
  expect((await next.keys(`${tag}:head`)).length).toBe(1);

  // A clearing finds all keys of its slot, and no others.
  await store.clear(0);
  expect((await Promise.all(masters.map((master) => master.keys(`${tag}:*`)))).flat()).toEqual([keysOf(0).live]);
  expect((await store.readTasks(1, idsOf(1), null)).tasks.every((task) => task !== null)).toBe(true);

  // The replica takes its master's place; who wrote there goes on with what it held.
  const [first] = services;
  const held = [...Array(PARTITIONS).keys()].filter((partition) => {
    const key = client.slots[crc16(keysOf(partition).tag.slice(1, -1)) % 16_384]![0];
    return partition > 0 && key === `127.0.0.1:${first!.ports.port}`;
  });
  expect(held.length).toBeGreaterThan(0);
  const replica = new Redis(services[3]!.ports.port!, '127.0.0.1');
  onTestFinished(() => replica.disconnect());
  expect(await replica.call('CLUSTER', 'FAILOVER')).toBe('OK');
  await expect.poll(async () => String(await replica.call('ROLE')).split(',')[0], { timeout: 20_000 }).toBe('master');
  for (const partition of held) {
    await expect
      .poll(
        () =>
          store.claim(partition, 'me').then(
            ({ watermark }) => watermark,
            () => 'not yet',
          ),
        { timeout: 20_000 },
      )
      .toBe(1);
    expect(await save(partition, 1, [0])).toEqual({ outcome: 'saved' });
  }

  // A master without a replica is gone: its partitions wait, the others go on, and who reads all says that it cannot.
  const others = (await mastersOf(client)).filter(({ options }) => options.port !== services[1]!.ports.port);
  for (const master of others) await master.call('CONFIG', 'SET', 'cluster-require-full-coverage', 'no');
  const at = (partition: number) => client.slots[crc16(keysOf(partition).tag.slice(1, -1)) % 16_384]![0];
  const lost = heads.flatMap((_, partition) =>
    at(partition) === `127.0.0.1:${services[1]!.ports.port}` ? [partition] : [],
  );
  expect(lost.length).toBeGreaterThan(2);
  await services[1]!.kill();
  await expect(connection.ready(1_000)).rejects.toMatchObject({ code: 'service_unavailable' });
  await expect(
    (async () => {
      for await (const _ of reads.streamTasks());
    })(),
  ).rejects.toMatchObject({ code: 'service_unavailable' });
  // Each answer says which partitions it lacks, or that it needs them; what needs others only is answered. First while the rest
  // of the Cluster has not noticed yet, then when it has.
  const fresh = createReads({ ...names, topic: 'updates' });
  for (const reads of [whole, fresh, whole]) {
    if (reads === fresh) await untilFailureIsKnown(others[0]!);
    const { fleet, as_of } = await reads.readFleet();
    expect(as_of.unreachable).toEqual(lost);
    expect(as_of.partitions.map(({ condition, watermark }) => condition === 'unreachable' && watermark)).toEqual(
      heads.map((_, partition) => (lost.includes(partition) ? undefined : false)),
    );
    expect(fleet).not.toBeNull();
    const { partitions } = await reads.readPartitions();
    expect(partitions.filter(({ unreachable }) => unreachable !== undefined).map(({ partition }) => partition)).toEqual(
      lost,
    );
    for (const [partition, id] of ids.entries()) {
      const answer = reads.readTask(id).then(
        ({
          as_of: {
            partitions: [one],
          },
        }) => one!.partition,
        (error: Error) => error.message,
      );
      const isLost = lost.includes(partition);
      expect(await answer).toEqual(
        isLost ? expect.stringContaining(`partition ${partition} cannot be read`) : partition,
      );
    }
    for (const read of [() => reads.readTasks({}, {}), () => reads.readJob('j'), () => reads.readEngines(10)]) {
      await expect(read()).rejects.toMatchObject({
        code: 'service_unavailable',
        message: expect.stringContaining(`partitions ${lost.join(', ')} cannot be read`),
      });
    }
  }
  expect(problems.length).toBeGreaterThan(0);
  await services[1]!.start();
  await connection.ready(30_000);
  expect(await store.claim(1, 'me')).toMatchObject({ saving: null });
  expect((await whole.readTasks({}, {})).as_of.unreachable).toEqual([]);
});

test('a plain connection to a node of a Cluster says what to set', async () => {
  const stack = await privateStack({ services: ['redis-2'], options: { 'redis-2': { cluster: true } } });
  const connection = connectRedis(stack.service('redis-2').url);
  onTestFinished(() => connection.close());
  await connection.ready(5_000);
  const store = createSlotStore({ redis: connection.client, prefix: 'x', group: 'y' });
  await expect(store.claim(0, 'me')).rejects.toMatchObject({
    code: 'service_unavailable',
    message: expect.stringMatching(/one node of a Cluster: set REDIS_MODE=cluster/),
  });
});

/** Resolves when the node knows that another one has failed. */
async function untilFailureIsKnown(node: Redis): Promise<void> {
  const nodes = async () => String(await node.call('CLUSTER', 'NODES'));
  await expect.poll(nodes, { timeout: 20_000 }).toMatch(/[ ,]fail[ ,]/);
}
