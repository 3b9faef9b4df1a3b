// A producer of one transactional id that was fenced in: whoever used the id before can write no more, and what it wrote
// is committed or aborted for good. It is used until its first error and never after: kafkajs would then reuse sequence
// numbers, and the broker drop what it takes for repeats, silently.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka, Producer, Transaction } from 'kafkajs';
import { Fault } from '../pipeline/errors.ts';
import type { OutgoingMessage } from '../pipeline/ports.ts';
import { brokerCodeOf, CONCURRENT_TRANSACTIONS, isComeBackLater, toFault } from './faults.ts';
import { createKeyPartitioner } from './key-partitioner.ts';
import type { Packing } from './packing.ts';
import { cutIntoSends, type Send } from './sends.ts';

/** ms after which the broker aborts an open transaction of a dead owner, which holds back read-committed readers */
const TRANSACTION_TIMEOUT_MS = 10_000;
/** ms a claim goes on while the coordinator asks to come back (it is ending an old transaction, or moving) */
const CLAIM_MS_MAX = 20_000;
const CLAIM_PAUSE_MS = 50;
/** ms; an answer that does not come in this time counts as an unknown outcome */
const TRANSACT_MS_MAX = 12_000;
const ACK_TIMEOUT_MS = 10_000;
/** Right after a commit the coordinator may still be ending it, and refuses the next transaction: nothing was done. */
const BUSY_PAUSE_MS = 3;
const BUSY_MS_MAX = 2_000;

/** An offset that moves with the messages, in a group without members. */
export interface MovedOffset {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly metadata: string;
}

export class FencedProducer {
  readonly #producer: Producer;
  readonly #what: string;
  readonly #packing: Packing;
  #state: 'open' | 'busy' | 'done' = 'open';

  private constructor(producer: Producer, what: string, packing: Packing) {
    this.#producer = producer;
    this.#what = what;
    this.#packing = packing;
  }

  /**
   * Initializes the id: every earlier producer of it is fenced, its open transaction aborted, its committed one visible.
   * @param what whose it is, for messages: `the events of partition 3`
   * @param packing how larger sends are packed
   * @throws Fault service_unavailable
   */
  static async claim(
    kafka: Kafka,
    transactionalId: string,
    what: string,
    packing: Packing = 'gzip',
  ): Promise<FencedProducer> {
    const until = Date.now() + CLAIM_MS_MAX;
    for (;;) {
      const producer = kafka.producer({
        transactionalId,
        transactionTimeout: TRANSACTION_TIMEOUT_MS,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: createKeyPartitioner,
        // Not `idempotent: true`, which forces retries: a retry within a transaction can repeat messages.
        retry: { retries: 0 },
      });
      try {
        await producer.connect();
        // Beginning makes InitProducerId; aborting a transaction with nothing in it asks the broker nothing.
        const transaction = await producer.transaction();
        await transaction.abort();
        return new FencedProducer(producer, what, packing);
      } catch (error) {
        producer.disconnect().catch(() => {});
        if (!isComeBackLater(error) || Date.now() > until) throw toFault(error, `claiming ${transactionalId}`);
        await sleep(CLAIM_PAUSE_MS);
      }
    }
  }

  /**
   * One transaction: all or nothing. After any error this producer is of no more use, and the outcome is unknown until
   * the id was claimed again.
   * @throws Fault fenced, service_unavailable
   */
  async transact(messages: readonly OutgoingMessage[], moved?: MovedOffset): Promise<void> {
    if (this.#state === 'done') throw new Fault('fenced', `the claim on ${this.#what} has ended`);
    if (this.#state === 'busy') throw new Error(`${this.#what}: a transaction is under way`);
    if (moved === undefined && messages.length === 0) return;
    // Without an offset the first send begins the transaction at the broker, and is the one that may be refused as busy.
    // It must go to one broker only then, or its repetition would repeat what another broker took: so one message, alone.
    const cut = (some: readonly OutgoingMessage[]) => cutIntoSends(some, this.#packing);
    const sends = moved === undefined ? cut([messages[0]!]).concat(cut(messages.slice(1))) : cut(messages);
    this.#state = 'busy';
    try {
      await withinMs(TRANSACT_MS_MAX, this.#perform(moved, sends));
      if (this.#isDone()) throw new Error('the claim was closed');
      this.#state = 'open';
    } catch (error) {
      this.#end();
      throw toFault(error, `sending ${this.#what}`);
    }
  }

  async close(): Promise<void> {
    this.#state = 'done';
    await this.#producer.disconnect().catch(() => {});
  }

  async #perform(moved: MovedOffset | undefined, sends: readonly Send[]): Promise<void> {
    const transaction = await this.#producer.transaction();
    const steps = sends.map((send) => () => transaction.sendBatch({ acks: -1, timeout: ACK_TIMEOUT_MS, ...send }));
    // The offset goes first: its refusal is retried in milliseconds here, kafkajs would retry one of a send in hundreds.
    const first = moved === undefined ? steps.shift()! : () => moveOffset(transaction, moved);
    await this.#unlessBusy(first);
    for (const step of [...steps, () => transaction.commit()]) {
      // An answer that comes after the time-out must not let the transaction go on.
      if (this.#isDone()) throw new Error('the claim has ended');
      await step();
    }
  }

  async #unlessBusy(first: () => Promise<unknown>): Promise<void> {
    for (const until = Date.now() + BUSY_MS_MAX; ; ) {
      try {
        await first();
        return;
      } catch (error) {
        if (brokerCodeOf(error) !== CONCURRENT_TRANSACTIONS || Date.now() > until || this.#isDone()) throw error;
        await sleep(BUSY_PAUSE_MS);
      }
    }
  }

  #isDone(): boolean {
    return this.#state === 'done';
  }

  // In the background: it waits for answers that may never come.
  #end(): void {
    this.#state = 'done';
    this.#producer.disconnect().catch(() => {});
  }
}

function moveOffset(transaction: Transaction, { group, topic, partition, offset, metadata }: MovedOffset) {
  const partitions = [{ partition, offset: String(offset), metadata }];
  return transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions }] });
}

async function withinMs<Result>(ms: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end after ${ms / 1_000} s: its outcome is unknown`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
