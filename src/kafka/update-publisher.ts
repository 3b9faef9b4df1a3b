// Publishes records to the input topic, each once and in order, and knows of each whether the broker has it.
//
// kafkajs' idempotent producer repeats a request without doubling it, but only while it repeats by itself: after a send
// that failed for good it takes the sequence number back, and a later send under that number is answered as a repeat and
// silently lost. So such a producer is thrown away, the log is read to see what arrived, and a new one sends the rest.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Producer, RecordMetadata } from 'kafkajs';
import { homeOf } from '../domain/home.ts';
import { ClusterLink } from './cluster-link.ts';
import { createKafka, type KafkaConnection, type KafkaLog, silentLog } from './connection.ts';
import { brokerCodeOf } from './faults.ts';
import { findInLog } from './find-in-log.ts';
import { createKeyPartitioner } from './key-partitioner.ts';
import { PublishFailed, type PublishOutcome } from './publish-failed.ts';
import { type PlacedUpdate, sendEnd } from './send-limits.ts';

export interface OutgoingUpdate {
  readonly key: string | null;
  readonly value: Buffer | null;
  /** null: placed by the key with Kafka's default partitioner; where there is no key, in each partition in turn */
  readonly partition: number | null;
}

export interface PublisherOptions {
  readonly topic: string;
  readonly log?: KafkaLog;
  /** Once aborted, an outage is waited for no longer than `patience_ms` from its next failure on. */
  readonly signal?: AbortSignal;
  /** default 5,000 */
  readonly patience_ms?: number;
  /** how often kafkajs repeats a send by itself, at least 1; default 8, which is about ten seconds */
  readonly retries?: number;
  /** for tests: what producers are made of */
  readonly writeKafka?: Kafka;
}

/** How kafkajs repeats a send by itself. */
const RETRY = { retries: 8, initialRetryTime: 100, multiplier: 2, maxRetryTime: 2_000 };
/** Refusals that no repeat changes: too large (message, batch), topic name, authorization (topic, cluster), policy, record. */
const FINAL_CODES = new Set([10, 17, 18, 29, 31, 44, 87]);
/** Sends in a row that fail although the log can be read, before it is given up. */
const SENDS_MAX = 5;
/** ms between an unknown outcome and the look at the log: a request that the broker has received may still be written */
const SETTLE_MS = 1_000;
const PATIENCE_MS = 5_000;

export class UpdatePublisher {
  readonly partitions: number;
  readonly #kafka: Kafka;
  readonly #link: ClusterLink;
  readonly #options: PublisherOptions;
  readonly #log: KafkaLog;
  /** by partition: what is ours and acknowledged lies below; what is out lies at or above */
  readonly #ends: Map<number, number>;
  #producer: Producer | null = null;
  #turn = 0;

  private constructor(kafka: Kafka, link: ClusterLink, options: PublisherOptions, ends: Map<number, number>) {
    this.partitions = ends.size;
    this.#kafka = kafka;
    this.#link = link;
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#ends = ends;
  }

  /** @throws Fault service_unavailable */
  static async open(connection: KafkaConnection, options: PublisherOptions): Promise<UpdatePublisher> {
    const log = options.log ?? silentLog;
    const link = new ClusterLink(createKafka(connection, 'read', log), options.topic);
    const count = await link.partitionCount();
    const ends = await link.offsets([...Array(count).keys()], 'end');
    return new UpdatePublisher(options.writeKafka ?? createKafka(connection, 'write', log), link, options, ends);
  }

  /**
   * Resolves when the broker has all of them, in this order within a partition. One call at a time.
   * @throws PublishFailed, which says of each record what became of it
   */
  async publish(updates: readonly OutgoingUpdate[]): Promise<void> {
    const placed = updates.map((update): PlacedUpdate => ({ ...update, lies: this.#placeOf(update) }));
    const outcomes: PublishOutcome[] = placed.map(() => 'absent');
    for (let from = 0; from < placed.length; ) {
      const to = sendEnd(placed, from);
      await this.#sendAll(placed, from, to, outcomes);
      outcomes.fill('published', from, to);
      from = to;
    }
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#producer?.disconnect(), this.#link.close()]);
  }

  #placeOf({ key, partition }: OutgoingUpdate): number {
    if (partition !== null) return partition;
    const home = key === null ? -1 : homeOf(key, this.partitions);
    // Without a key (or with one beyond what a task id can be) any place will do, but it has to be the same at a repeat.
    return home >= 0 ? home : this.#turn++ % this.partitions;
  }

  async #sendAll(placed: readonly PlacedUpdate[], from: number, to: number, outcomes: PublishOutcome[]): Promise<void> {
    let missing = placed.slice(from, to);
    for (let sends = 1; ; sends++) {
      try {
        this.#acknowledged(missing, await this.#send(missing));
        return;
      } catch (error) {
        this.#discardProducer();
        this.#log('warn', 'a send failed; the log is read to see what arrived', { topic: this.#options.topic });
        const { arrived, known } = await this.#lookFor(missing);
        missing = missing.filter(({ lies }) => !arrived.has(lies));
        if (missing.length === 0) return;
        const code = brokerCodeOf(error);
        const isFinal = code !== null && FINAL_CODES.has(code);
        if (known && !isFinal && sends < SENDS_MAX) continue;
        const lost = new Set(missing);
        for (let i = from; i < to; i++) {
          const fate = known ? 'absent' : 'unknown';
          outcomes[i] = lost.has(placed[i]!) ? fate : 'published';
        }
        throw new PublishFailed(outcomes, error);
      }
    }
  }

  async #send(updates: readonly PlacedUpdate[]): Promise<RecordMetadata[]> {
    this.#producer ??= this.#kafka.producer({
      idempotent: true,
      maxInFlightRequests: 1,
      allowAutoTopicCreation: false,
      createPartitioner: createKeyPartitioner,
      retry: { ...RETRY, retries: this.#options.retries ?? RETRY.retries },
    });
    await this.#producer.connect();
    return await this.#producer.send({
      topic: this.#options.topic,
      messages: updates.map(({ key, value, lies }) => ({ key, value, partition: lies })),
    });
  }

  #acknowledged(updates: readonly PlacedUpdate[], answers: readonly RecordMetadata[]): void {
    const counts = new Map<number, number>();
    for (const { lies } of updates) counts.set(lies, (counts.get(lies) ?? 0) + 1);
    for (const { partition, baseOffset } of answers) {
      const end = Number(baseOffset ?? -1) + (counts.get(partition) ?? 0);
      this.#ends.set(partition, Math.max(this.#ends.get(partition) ?? 0, end));
    }
  }

  #discardProducer(): void {
    this.#producer?.disconnect().catch(() => {});
    this.#producer = null;
  }

  /** The partitions where a send arrived after all. Waits for Kafka; `known` is false where that was given up. */
  async #lookFor(updates: readonly PlacedUpdate[]): Promise<{ arrived: ReadonlySet<number>; known: boolean }> {
    const runs = Map.groupBy(updates, ({ lies }) => lies);
    const arrived = new Set<number>();
    const { signal, patience_ms = PATIENCE_MS } = this.#options;
    let givenUpAt = Number.POSITIVE_INFINITY;
    for (;;) {
      await sleep(SETTLE_MS);
      try {
        for (const [partition, run] of runs) {
          const first = await findInLog(this.#link, partition, this.#ends.get(partition)!, run);
          if (first !== null) {
            arrived.add(partition);
            this.#ends.set(partition, first + run.length);
          }
          runs.delete(partition);
        }
        return { arrived, known: true };
      } catch (error) {
        if (signal?.aborted) givenUpAt = Math.min(givenUpAt, Date.now() + patience_ms);
        if (Date.now() >= givenUpAt) return { arrived, known: false };
        this.#log('warn', 'Kafka does not answer; waiting', { error: error instanceof Error ? error.message : '' });
      }
    }
  }
}
