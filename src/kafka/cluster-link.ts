// A connection to the cluster for reading: who leads which partition, where logs begin and end, raw record sets.
// kafkajs' cluster object does not find back from every error, so it is disposable here: after any error a new one is
// made at the next use.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import { toFault } from './faults.ts';
import { type FetchAnswer, fetchRequest, type Isolation, type PartitionAsk } from './fetch-request.ts';
import { createCluster, type WireBroker, type WireCluster, type WireRequest } from './kafkajs-internals.ts';
import { listOffsetsRequest, type OffsetPoint } from './list-offsets-request.ts';

/** tries of a question that a broker answers with "not the leader", 100 ms apart */
const LEADER_TRIES_MAX = 20;
const LEADER_PAUSE_MS = 100;
/** Answers that a fresh look at the leaders may cure: unknown topic, no leader, not the leader, no replica, stale epoch. */
const LEADER_MOVED_CODES = new Set([3, 5, 6, 9, 13, 74, 75, 76, 78]);

export function isLeaderMoved(errorCode: number): boolean {
  return LEADER_MOVED_CODES.has(errorCode);
}

export class ClusterLink {
  readonly topic: string;
  readonly #kafka: Kafka;
  readonly #countMsMax: number;
  #cluster: Promise<WireCluster> | null = null;
  #counted: { count: number; at: number } | null = null;
  #closed = false;

  /** `countMsMax`: how old the known number of partitions may be, ms. */
  constructor(kafka: Kafka, topic: string, countMsMax = 30_000) {
    this.#kafka = kafka;
    this.#countMsMax = countMsMax;
    this.topic = topic;
  }

  /**
   * Works with the connected cluster. After any error the cluster is thrown away.
   * @throws Fault service_unavailable, fenced
   */
  async use<Answer>(what: string, work: (cluster: WireCluster) => Promise<Answer>): Promise<Answer> {
    if (this.#closed) throw toFault(new Error('the connection was closed'), what);
    this.#cluster ??= this.#connect();
    const connecting = this.#cluster;
    try {
      return await work(await connecting);
    } catch (error) {
      if (this.#cluster === connecting) this.#cluster = null;
      disconnect(connecting);
      throw toFault(error, what);
    }
  }

  async #connect(): Promise<WireCluster> {
    const cluster = createCluster(this.#kafka);
    try {
      await cluster.connect();
      await cluster.addMultipleTargetTopics([this.topic]);
      this.#count(cluster);
      return cluster;
    } catch (error) {
      cluster.disconnect().catch(() => {});
      throw error;
    }
  }

  #count(cluster: WireCluster): number {
    const count = cluster.findTopicPartitionMetadata(this.topic).length;
    this.#counted = { count, at: Date.now() };
    return count;
  }

  /** Looks up the leaders (and partitions) again. */
  async refresh(): Promise<void> {
    await this.use(`looking up the leaders of ${this.topic}`, async (cluster) => {
      await cluster.refreshMetadata();
      this.#count(cluster);
    });
  }

  /** Partitions of the topic, as of not long ago unless `fresh`. */
  async partitionCount({ fresh } = { fresh: false }): Promise<number> {
    if (!fresh && this.#counted !== null && Date.now() - this.#counted.at < this.#countMsMax)
      return this.#counted.count;
    await this.refresh();
    return this.#counted?.count ?? 0;
  }

  /** Node ids by partition; a partition without a leader is left out. */
  async leaders(): Promise<ReadonlyMap<number, number>> {
    return this.use(`connecting to read ${this.topic}`, async (cluster) => {
      const leaders = new Map<number, number>();
      for (const { partitionId, leader } of cluster.findTopicPartitionMetadata(this.topic)) {
        if (leader >= 0) leaders.set(partitionId, leader);
      }
      return leaders;
    });
  }

  /** One Fetch request to one broker. */
  async fetch(
    nodeId: number,
    asks: readonly PartitionAsk[],
    isolation: Isolation,
    limits: { waitMs: number; bytesMax: number },
  ): Promise<FetchAnswer> {
    return this.use(`reading ${this.topic}`, async (cluster) => {
      const answer = await send(
        await cluster.findBroker({ nodeId }),
        fetchRequest(this.topic, asks, isolation, limits),
      );
      if (answer.errorCode !== 0) throw new Error(`the broker answered with error ${answer.errorCode}`);
      return answer;
    });
  }

  /**
   * One point of the log of each partition: its `start`, its `end` (high watermark), or the `stable` end that a
   * read-committed reader sees.
   * @throws Fault service_unavailable if a partition has no leader for about two seconds
   */
  async offsets(partitions: readonly number[], point: OffsetPoint): Promise<Map<number, number>> {
    const found = new Map<number, number>();
    const what = `asking for the ${point} of ${this.topic}`;
    let refusal = 'no leader';
    for (let attempt = 0; attempt < LEADER_TRIES_MAX; attempt++) {
      if (attempt > 0) {
        await sleep(LEADER_PAUSE_MS);
        await this.refresh();
      }
      const open = new Map<number, number[]>();
      const leaders = await this.leaders();
      for (const partition of partitions) {
        const leader = leaders.get(partition);
        if (leader === undefined || found.has(partition)) continue;
        open.set(leader, [...(open.get(leader) ?? []), partition]);
      }
      for (const [nodeId, asked] of open) {
        const answers = await this.use(what, async (cluster) =>
          send(await cluster.findBroker({ nodeId }), listOffsetsRequest(this.topic, asked, point)),
        );
        for (const { partition, errorCode, offset } of answers.partitions) {
          if (errorCode === 0) found.set(partition, offset);
          else refusal = `error ${errorCode} of partition ${partition}`;
        }
      }
      if (partitions.every((partition) => found.has(partition))) return found;
    }
    throw toFault(new Error(refusal), what);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const cluster = this.#cluster;
    this.#cluster = null;
    if (cluster !== null) await cluster.then((c) => c.disconnect()).catch(() => {});
  }
}

/** Sends a request of our own over a kafkajs broker's connection. */
export function send<Answer>(broker: WireBroker, request: WireRequest<Answer>): Promise<Answer> {
  return broker.connectionPool.send(request);
}

// In the background: it waits for answers that may never come.
function disconnect(connecting: Promise<WireCluster>): void {
  connecting.then((cluster) => cluster.disconnect()).catch(() => {});
}
