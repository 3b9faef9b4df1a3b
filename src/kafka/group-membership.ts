// Membership of the consumer group: which partitions are ours, and heartbeats. kafkajs' consumer does only this here;
// it is paused for good and fetches nothing, so its offsets, seeks and resets play no part.
//
// A consumer that crashed or fell silent is thrown away and replaced, with growing pauses. Partitions stay with us until
// a later join says otherwise: acting on one that meanwhile belongs to somebody else is made harmless by the
// compare-and-set in Redis and the fence in Kafka, and ends with the next join.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Consumer, Kafka } from 'kafkajs';
import { Fault } from '../pipeline/errors.ts';
import type { KafkaLog } from './connection.ts';
import { Outage } from './outage.ts';
import { stickyAssigner } from './sticky-assigner.ts';

export interface GroupMembershipOptions {
  readonly kafka: Kafka;
  readonly group: string;
  readonly topic: string;
  readonly log: KafkaLog;
  /** ms; how soon new partitions of the topic are shared out */
  readonly newPartitionsMsMax: number;
  /** called on a join, after all `onLost` of it */
  onAssigned(partition: number): void;
  onLost(partition: number): void;
}

/** ms; the broker's smallest default: a killed member's partitions move on after this */
const SESSION_TIMEOUT_MS = 6_000;
const HEARTBEAT_MS = 1_000;
/**
 * ms; how long the others of the group wait for a member to join again, which here takes a heartbeat: nothing is fetched
 * or folded in between. It is also how soon a rebalance goes on without a dead member. One that dies while it waits for
 * another dead one counts as alive until that rebalance ends, so with a time as long as the session two kills in a row
 * left partitions without an owner for twelve seconds.
 */
const REBALANCE_TIMEOUT_MS = 3_000;
/** ms; pace of kafkajs' idle loop, and so the longest that leaving has to wait for it */
const IDLE_MS = 200;
/** ms without a heartbeat or join after which a consumer counts as silent; a join may take the rebalance time-out */
const SILENCE_MS_MAX = REBALANCE_TIMEOUT_MS + 10_000;
const REPORT_MS = 5_000;
const LEAVE_MS_MAX = 3_000;

interface Waiter {
  readonly partition: number;
  readonly resolve: () => void;
  readonly reject: (fault: Fault) => void;
}

export class GroupMembership {
  readonly #options: GroupMembershipOptions;
  readonly #outage: Outage;
  readonly #assigned = new Set<number>();
  readonly #positions = new Map<number, number>();
  readonly #stopping = new AbortController();
  #waiters: Waiter[] = [];
  #lastSign = 0;
  #heardAt: number | null = null;
  #generation = -1;
  #running: Promise<void> | null = null;

  constructor(options: GroupMembershipOptions) {
    this.#options = options;
    this.#outage = new Outage(`member of group ${options.group}`, options.log);
  }

  /** Partitions of the latest join. */
  get assigned(): ReadonlySet<number> {
    return this.#assigned;
  }

  /** When the coordinator last answered a heartbeat or a join, on the clock of `performance.now()`; null: not yet. */
  get heardAt(): number | null {
    return this.#heardAt;
  }

  /** Begins to join, and keeps on joining until `stop`. */
  start(): void {
    this.#running ??= this.#run();
  }

  /** Leaves the group, so that the others need not wait for the session to time out. Takes at most 3 s. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#takeAssignment([]);
  }

  /**
   * Resolves with the next heartbeat (or join) of this member that the coordinator answers from now on.
   * @throws Fault partition_lost
   */
  async nextHeartbeat(partition: number): Promise<void> {
    if (!this.#assigned.has(partition) || this.#stopping.signal.aborted) throw lost(partition);
    await new Promise<void>((resolve, reject) => {
      this.#waiters.push({ partition, resolve, reject });
    });
  }

  /** Where the fold stands, for lag tools only: committed to the group every 5 s, never read by us. */
  reportPosition(partition: number, offset: number): void {
    this.#positions.set(partition, offset);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#live();
      } catch (error) {
        if (signal.aborted) return;
        await sleep(this.#outage.failed(error), undefined, { signal }).catch(() => {});
      }
    }
  }

  // The life of one kafkajs consumer. Throws when it is of no more use; returns after `stop`.
  async #live(): Promise<void> {
    const { kafka, group, topic } = this.#options;
    const { signal } = this.#stopping;
    const consumer = kafka.consumer({
      groupId: group,
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      metadataMaxAge: this.#options.newPartitionsMsMax,
      maxWaitTimeInMs: IDLE_MS,
      allowAutoTopicCreation: false,
      partitionAssigners: [stickyAssigner(() => ({ owned: [...this.#assigned], generation: this.#generation }))],
      retry: { retries: 5, restartOnFailure: async () => false },
    });
    const { promise: ended, resolve, reject } = Promise.withResolvers<void>();
    ended.catch(() => {});
    this.#listen(consumer, reject);
    const watch = setInterval(() => this.#watch(reject), HEARTBEAT_MS);
    const report = setInterval(() => this.#report(consumer), REPORT_MS);
    const stop = () => resolve();
    signal.addEventListener('abort', stop);
    this.#lastSign = Date.now();
    try {
      const running = async () => {
        await consumer.connect();
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        // Joins before it returns. Nothing arrives here: the join pauses every partition.
        await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => {} });
      };
      running().catch(reject);
      await ended;
      this.#report(consumer);
    } finally {
      signal.removeEventListener('abort', stop);
      clearInterval(watch);
      clearInterval(report);
      const left = consumer.disconnect().catch(() => {});
      // On stop the leaving is waited for, for a while; a consumer that is replaced may hang as long as it likes.
      if (signal.aborted) await Promise.race([left, sleep(LEAVE_MS_MAX, undefined, { ref: false })]);
    }
  }

  #listen(consumer: Consumer, reject: (error: Error) => void): void {
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      if (this.#stopping.signal.aborted) return;
      const { topic } = this.#options;
      consumer.pause([{ topic }]);
      this.#heard();
      this.#outage.recovered();
      this.#takeAssignment(payload.memberAssignment[topic] ?? []);
      this.#answerWaiters();
    });
    consumer.on(consumer.events.HEARTBEAT, ({ payload }) => {
      this.#heard();
      this.#generation = payload.groupGenerationId;
      this.#answerWaiters();
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
  }

  #heard(): void {
    this.#lastSign = Date.now();
    this.#heardAt = performance.now();
  }

  #watch(reject: (error: Error) => void): void {
    const silence = Date.now() - this.#lastSign;
    if (silence > SILENCE_MS_MAX) reject(new Error(`no heartbeat and no join for ${Math.round(silence / 1_000)} s`));
  }

  #report(consumer: Consumer): void {
    if (this.#positions.size === 0) return;
    const { topic, log } = this.#options;
    const offsets = [...this.#positions]
      .filter(([partition]) => this.#assigned.has(partition))
      .map(([partition, offset]) => ({ topic, partition, offset: String(offset) }));
    this.#positions.clear();
    const committing = async () => consumer.commitOffsets(offsets);
    committing().catch((error: unknown) => {
      log('debug', `positions for lag tools were not committed: ${error instanceof Error ? error.message : error}`);
    });
  }

  #answerWaiters(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter.resolve();
  }

  #takeAssignment(partitions: readonly number[]): void {
    const now = new Set(partitions);
    const before = [...this.#assigned];
    this.#assigned.clear();
    for (const partition of now) this.#assigned.add(partition);
    for (const waiter of this.#waiters) if (!now.has(waiter.partition)) waiter.reject(lost(waiter.partition));
    this.#waiters = this.#waiters.filter(({ partition }) => now.has(partition));
    for (const partition of before) if (!now.has(partition)) this.#options.onLost(partition);
    for (const partition of now) if (!before.includes(partition)) this.#options.onAssigned(partition);
  }
}

function lost(partition: number): Fault {
  return new Fault('partition_lost', `partition ${partition} is not assigned to this member of the group`);
}
