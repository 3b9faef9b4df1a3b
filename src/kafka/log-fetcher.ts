// Keeps the stock of every open partition filled: one request at a time to each broker, for all partitions there that
// have room. A partition that is slow, halted or in trouble is left out; the others go on.

import { setTimeout as sleep } from 'node:timers/promises';
import { away, Fault } from '../pipeline/errors.ts';
import type { LogBatch } from '../pipeline/ports.ts';
import { type ClusterLink, isLeaderMoved } from './cluster-link.ts';
import type { KafkaLog } from './connection.ts';
import type { Isolation, PartitionAnswer } from './fetch-request.ts';
import { Outage } from './outage.ts';
import { PartitionFeed } from './partition-feed.ts';

/** ms a broker may wait for a first byte; also how long a partition that just got room may have to wait for its turn */
const POLL_MS = 100;
/** bytes of one partition, and of all together, in one answer; a single larger batch still comes */
const PARTITION_BYTES_MAX = 1024 * 1024;
const ANSWER_BYTES_MAX = 2 * 1024 * 1024;
/** ms that a position may lie above the log's end before it is a fault: after a leader change the end can lag */
const ABOVE_END_MS_MAX = 5_000;
const ERROR_OFFSET_OUT_OF_RANGE = 1;
const PAUSE_AFTER_REFUSAL_MS = 100;
/** the source of failures that are of no broker in particular */
const NO_BROKER = -1;

export class LogFetcher {
  readonly #link: ClusterLink;
  readonly #isolation: Isolation;
  readonly #outage: Outage;
  readonly #feeds = new Map<number, PartitionFeed>();
  /** brokers with a running loop */
  readonly #loops = new Set<number>();
  readonly #aboveEndSince = new Map<PartitionFeed, number>();
  #planning: 'no' | 'yes' | 'once more' = 'no';
  readonly #stopping = new AbortController();
  #turn = 0;

  constructor(link: ClusterLink, isolation: Isolation, log: KafkaLog) {
    this.#link = link;
    this.#isolation = isolation;
    this.#outage = new Outage(`reading ${link.topic}`, log);
  }

  /** Allows fetches from a partition. */
  open(partition: number): void {
    if (!this.#feeds.has(partition)) this.#feeds.set(partition, new PartitionFeed(partition));
  }

  /** Ends a running fetch of the partition, and every later one, with `fault`. */
  close(partition: number, fault: Fault): void {
    const feed = this.#feeds.get(partition);
    this.#feeds.delete(partition);
    if (feed === undefined) return;
    this.#aboveEndSince.delete(feed);
    feed.fetchAt = null;
    feed.fail(fault);
  }

  /**
   * As `InputLog.fetch`. Kafka away: an empty batch after the wait.
   * @throws Fault partition_lost, history_gone, watermark_above_log_end, service_unavailable (bytes that do not unpack)
   */
  async fetch(
    partition: number,
    position: number,
    limits: { records_max: number; wait_ms: number },
  ): Promise<LogBatch> {
    const feed = this.#feeds.get(partition);
    if (feed === undefined) throw new Fault('partition_lost', `partition ${partition} is not assigned to this member`);
    feed.seek(position);
    let batch = feed.take(limits.records_max);
    this.#wake();
    if (batch.to === batch.from) {
      await feed.arrival(limits.wait_ms);
      batch = feed.take(limits.records_max);
      this.#wake();
    }
    return batch;
  }

  stop(fault: Fault): void {
    this.#stopping.abort();
    for (const partition of [...this.#feeds.keys()]) this.close(partition, fault);
  }

  #wanted(): PartitionFeed[] {
    return [...this.#feeds.values()].filter((feed) => feed.wanted);
  }

  #wake(): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#planning !== 'no') {
      this.#planning = 'once more';
      return;
    }
    this.#planning = 'yes';
    this.#plan().finally(() => {
      const again = this.#planning === 'once more';
      this.#planning = 'no';
      if (again) this.#wake();
    });
  }

  // Sees to it that every broker which leads a wanted partition has a loop.
  async #plan(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        const leaders = await this.#link.leaders();
        this.#forgetOutages(new Set(leaders.values()));
        let leaderless = false;
        for (const feed of this.#wanted()) {
          const nodeId = leaders.get(feed.partition);
          if (nodeId === undefined) leaderless = true;
          else if (!this.#loops.has(nodeId)) this.#startLoop(nodeId);
        }
        if (!leaderless) {
          this.#outage.recovered(NO_BROKER);
          return;
        }
        await this.#pause(this.#outage.failed(new Error('a partition has no leader'), NO_BROKER));
        await this.#link.refresh();
      } catch (error) {
        await this.#pause(this.#outage.failed(error, NO_BROKER));
      }
    }
  }

  // A broker that leads none of our partitions any more is no trouble of ours.
  #forgetOutages(leading: ReadonlySet<number>): void {
    for (const source of [...this.#outage.failing]) {
      if (source !== NO_BROKER && !leading.has(source)) this.#outage.recovered(source);
    }
  }

  #startLoop(nodeId: number): void {
    this.#loops.add(nodeId);
    this.#loop(nodeId)
      .catch((error: unknown) => this.#pause(this.#outage.failed(error, nodeId)))
      .finally(() => {
        this.#loops.delete(nodeId);
        if (this.#wanted().length > 0) this.#wake();
      });
  }

  async #loop(nodeId: number): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const leaders = await this.#link.leaders();
      const feeds = this.#wanted().filter((feed) => leaders.get(feed.partition) === nodeId);
      if (feeds.length === 0) return;
      // The broker fills the answer in the order of the request: each goes first in turn.
      const turn = this.#turn++ % feeds.length;
      const inTurn = [...feeds.slice(turn), ...feeds.slice(0, turn)];
      const asks = inTurn.map(({ partition, fetchAt }) => ({
        partition,
        offset: fetchAt!,
        bytesMax: PARTITION_BYTES_MAX,
      }));
      const answer = await this.#link.fetch(nodeId, asks, this.#isolation, {
        waitMs: POLL_MS,
        bytesMax: ANSWER_BYTES_MAX,
      });
      let refused = false;
      for (const part of answer.partitions) {
        const index = asks.findIndex(({ partition }) => partition === part.partition);
        if (index < 0) continue;
        refused = (await this.#take(inTurn[index]!, asks[index]!.offset, part)) || refused;
      }
      if (refused) {
        await this.#pause(PAUSE_AFTER_REFUSAL_MS);
        await this.#link.refresh();
      } else this.#outage.recovered(nodeId);
    }
  }

  // Answers whether the leaders must be looked up again.
  async #take(feed: PartitionFeed, fetchedAt: number, part: PartitionAnswer): Promise<boolean> {
    if (part.errorCode === 0) {
      this.#aboveEndSince.delete(feed);
      feed.accept(fetchedAt, { ...part, records: detached(part.records) });
      return false;
    }
    if (part.errorCode === ERROR_OFFSET_OUT_OF_RANGE) {
      if (feed.fetchAt === fetchedAt) await this.#outOfRange(feed, fetchedAt);
      return false;
    }
    if (isLeaderMoved(part.errorCode)) return true;
    feed.fail(away('kafka', `${this.#name(feed)}: the broker answers with error ${part.errorCode}`));
    return false;
  }

  async #outOfRange(feed: PartitionFeed, position: number): Promise<void> {
    const [starts, ends] = await Promise.all([
      this.#link.offsets([feed.partition], 'start'),
      this.#link.offsets([feed.partition], 'end'),
    ]);
    if (feed.fetchAt !== position) return;
    const start = starts.get(feed.partition)!;
    const end = ends.get(feed.partition)!;
    if (start > position) {
      this.#aboveEndSince.delete(feed);
      const gone = `the log begins at ${start}, above position ${position}: the records between are gone`;
      feed.fail(new Fault('history_gone', `${this.#name(feed)}: ${gone}`));
    } else if (end < position) {
      const since = this.#aboveEndSince.get(feed) ?? Date.now();
      this.#aboveEndSince.set(feed, since);
      if (Date.now() - since >= ABOVE_END_MS_MAX) {
        this.#aboveEndSince.delete(feed);
        const above = `the log ends at ${end}, below position ${position}: was the topic created again?`;
        feed.fail(new Fault('watermark_above_log_end', `${this.#name(feed)}: ${above}`));
      } else await this.#pause(PAUSE_AFTER_REFUSAL_MS);
    }
  }

  #pause(ms: number): Promise<void> {
    return sleep(ms, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  #name(feed: PartitionFeed): string {
    return `${this.#link.topic}/${feed.partition}`;
  }
}

// A small slice would keep a whole answer of up to 2 MB in memory for as long as its partition is not read.
function detached(records: Buffer): Buffer {
  return 2 * records.length < records.buffer.byteLength ? Buffer.from(records) : records;
}
