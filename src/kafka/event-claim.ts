// One claim on a partition's outgoing side: a producer that was fenced in, used until its first error and never after.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Producer, Transaction } from 'kafkajs';
import { Fault } from '../pipeline/errors.ts';
import type {
  EmittedMark,
  EventClaim as EventClaimPort,
  OutgoingMessage,
  RecordPlace,
  SchemaVerdict,
} from '../pipeline/ports.ts';
import { type EmittedMarks, encodeMark } from './emitted-marks.ts';
import { brokerCodeOf, CONCURRENT_TRANSACTIONS, toFault } from './faults.ts';
import type { Packing } from './packing.ts';
import { cutIntoSends, type Send } from './sends.ts';
import { type VerdictLog, verdictMessage } from './verdict-log.ts';

export interface EventClaimParts {
  readonly partition: number;
  /** the input topic, under which C is committed */
  readonly topic: string;
  readonly emittedGroup: string;
  readonly packing: Packing;
  readonly verdictTopic: string;
  readonly marks: EmittedMarks;
  readonly verdicts: VerdictLog;
  highestSource(): Promise<RecordPlace | null>;
}

/** ms; an answer that does not come in this time counts as an unknown outcome */
const TRANSACT_MS_MAX = 12_000;
const ACK_TIMEOUT_MS = 10_000;
/** Right after a commit the coordinator may still be ending it, and refuses the next transaction: nothing was done. */
const BUSY_PAUSE_MS = 3;
const BUSY_MS_MAX = 2_000;

export class EventClaim implements EventClaimPort {
  readonly #producer: Producer;
  readonly #parts: EventClaimParts;
  /** committed by this claim: their transaction's marker may reach the log a little after the commit's answer */
  readonly #ownVerdicts: SchemaVerdict[] = [];
  #state: 'open' | 'busy' | 'done' = 'open';

  constructor(producer: Producer, parts: EventClaimParts) {
    this.#producer = producer;
    this.#parts = parts;
  }

  readEmitted(): Promise<EmittedMark | null> {
    return this.#parts.marks.read(this.#parts.partition);
  }

  async readPeers(): Promise<EmittedMark[]> {
    const marks = await this.#parts.marks.readAll();
    return [...marks].filter(([partition]) => partition !== this.#parts.partition).map(([, mark]) => mark);
  }

  highestSource(): Promise<RecordPlace | null> {
    return this.#parts.highestSource();
  }

  async readVerdicts(incarnation: string): Promise<ReadonlyMap<number, SchemaVerdict>> {
    const verdicts = new Map(await this.#parts.verdicts.read(this.#parts.partition, incarnation));
    for (const own of this.#ownVerdicts) {
      if (own.incarnation === incarnation && !verdicts.has(own.offset)) verdicts.set(own.offset, own);
    }
    return verdicts;
  }

  async transact(transaction: {
    emitted?: EmittedMark;
    messages: readonly OutgoingMessage[];
    verdicts?: readonly SchemaVerdict[];
  }): Promise<void> {
    const { partition, verdictTopic } = this.#parts;
    if (this.#state === 'done') throw new Fault('fenced', `the claim of partition ${partition} has ended`);
    if (this.#state === 'busy') throw new Error(`partition ${partition} has a transaction under way`);
    const verdicts = (transaction.verdicts ?? []).map((verdict) => verdictMessage(verdictTopic, verdict));
    const { emitted, messages } = transaction;
    if (emitted === undefined && messages.length + verdicts.length === 0) return;
    // Without C the first send begins the transaction at the broker, and is the one that may be refused as busy. It must
    // go to one broker only then, or its repetition would repeat what another broker took: so one message, alone.
    const all = [...verdicts, ...messages];
    const cut = (some: readonly OutgoingMessage[]) => cutIntoSends(some, this.#parts.packing);
    const sends = emitted === undefined ? cut([all[0]!]).concat(cut(all.slice(1))) : cut(all);
    this.#state = 'busy';
    try {
      await withinMs(TRANSACT_MS_MAX, this.#perform(emitted, sends));
      if (this.#isDone()) throw new Error('the claim was closed');
      this.#ownVerdicts.push(...(transaction.verdicts ?? []));
      this.#state = 'open';
    } catch (error) {
      this.#end();
      throw toFault(error, `sending the events of partition ${partition}`);
    }
  }

  async close(): Promise<void> {
    this.#state = 'done';
    await this.#producer.disconnect().catch(() => {});
  }

  async #perform(emitted: EmittedMark | undefined, sends: readonly Send[]): Promise<void> {
    const transaction = await this.#producer.transaction();
    const steps = sends.map((send) => () => transaction.sendBatch({ acks: -1, timeout: ACK_TIMEOUT_MS, ...send }));
    // C goes first: its refusal is retried in milliseconds here, kafkajs would retry one of a send in hundreds.
    const first = emitted === undefined ? steps.shift()! : () => this.#sendMark(transaction, emitted);
    await this.#unlessBusy(first);
    for (const step of [...steps, () => transaction.commit()]) {
      // An answer that comes after the time-out must not let the transaction go on.
      if (this.#isDone()) throw new Error('the claim has ended');
      await step();
    }
  }

  #sendMark(transaction: Transaction, mark: EmittedMark): Promise<void> {
    const { partition, topic, emittedGroup } = this.#parts;
    const partitions = [{ partition, offset: String(mark.offset), metadata: encodeMark(mark) }];
    return transaction.sendOffsets({ consumerGroupId: emittedGroup, topics: [{ topic, partitions }] });
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
