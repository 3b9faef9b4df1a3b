// Makes a Redis Cluster of nodes that were started for one: each master gets its share of the slots, replicas follow the
// masters in their order.
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis, type RedisOptions } from 'ioredis';
import type { Service } from '../../deploy/stack/stack.mjs';

const SLOTS = 16_384;
const WAIT_MS_MAX = 30_000;

type NodeOptions = RedisOptions & { replyMapping?: 'legacy' };

/** Resolves when every node knows the whole Cluster. */
export async function formCluster(
  masters: readonly Service[],
  options: NodeOptions = {},
  replicas: readonly Service[] = [],
): Promise<void> {
  const all = [...masters, ...replicas];
  const nodes = all.map(({ ports }) => {
    const own: NodeOptions = { ...options, host: '127.0.0.1', port: ports.port! };
    return new Redis(own);
  });
  try {
    // Another project of the run has formed it.
    if (await everyInfo(nodes, `cluster_known_nodes:${all.length}`)) return;
    for (const [i] of masters.entries()) {
      const [from, to] = [share(i, masters.length), share(i + 1, masters.length) - 1];
      await nodes[i]!.call('CLUSTER', 'ADDSLOTSRANGE', from, to);
      // Otherwise nodes that agree on the first epoch have to settle that among themselves.
      await nodes[i]!.call('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
    }
    for (const { ports } of all.slice(1))
      await nodes[0]!.call('CLUSTER', 'MEET', '127.0.0.1', ports.port!, ports.busPort!);
    await eventually('the nodes know one another', () => everyInfo(nodes, `cluster_known_nodes:${all.length}`));
    const ids = await Promise.all(nodes.map((node) => node.call('CLUSTER', 'MYID') as Promise<string>));
    for (const [i] of replicas.entries()) await nodes[masters.length + i]!.call('CLUSTER', 'REPLICATE', ids[i]!);
    await eventually('the Cluster is whole', () => everyInfo(nodes, 'cluster_state:ok'));
    // The others learn of a replica by gossip.
    await eventually('the replicas are known', async () => {
      const known = await Promise.all(nodes.map((node) => node.call('CLUSTER', 'NODES') as Promise<string>));
      return known.every((text) => (text.match(/ (myself,)?slave /g) ?? []).length === replicas.length);
    });
  } finally {
    for (const node of nodes) node.disconnect();
  }
}

function share(index: number, count: number): number {
  return Math.floor((index * SLOTS) / count);
}

async function everyInfo(nodes: readonly Redis[], line: string): Promise<boolean> {
  const infos = await Promise.all(nodes.map((node) => node.call('CLUSTER', 'INFO') as Promise<string>));
  return infos.every((info) => info.split('\r\n').includes(line));
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + WAIT_MS_MAX; !(await holds()); await sleep(50)) {
    if (performance.now() > end) throw new Error(`not within ${WAIT_MS_MAX} ms: ${what}`);
  }
}
