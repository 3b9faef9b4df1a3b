// Kafka as the protocol sees it, in memory: partitions with open, committed and aborted records, the last stable offset,
// control records, transactions in two steps with fencing by epoch, committed offsets with metadata.

import { Fault } from '../../src/pipeline/errors.ts';
import type {
  EmittedMark,
  EventClaim,
  EventLog,
  InputLog,
  InputRecord,
  LogBatch,
  OutgoingMessage,
  RecordHeaders,
  RecordPlace,
  SchemaVerdict,
} from '../../src/pipeline/ports.ts';
import { headerText, LOG_TIME_HEADER, parseSource, SOURCE_HEADER } from '../../src/pipeline/source-header.ts';

interface LogRecord extends InputRecord {
  state: 'open' | 'committed' | 'aborted';
  /** the producer whose transaction it is part of */
  readonly producer: number | null;
}

interface Producer {
  epoch: number;
  emitted: string | null;
  staged: { emitted?: EmittedMark; messages: readonly OutgoingMessage[]; verdicts: readonly SchemaVerdict[] } | null;
  /** virtual ms of the staging, for the transaction time-out */
  stagedAt: number;
}

/** What the protocol does to Kafka; the mutations of the simulator switch single safeguards off. */
export interface KafkaMutations {
  /** a fenced producer is let through */
  noFence?: boolean;
  /** re-routed records are produced outside of the transaction */
  rerouteOutside?: boolean;
}

export class MemoryKafka {
  readonly topic: string;
  partitions: number;
  readonly log: LogRecord[][];
  readonly next: number[];
  readonly low: number[];
  /** committed messages of the outgoing topics, in the order of their commits */
  readonly outgoing: OutgoingMessage[] = [];
  readonly verdicts: SchemaVerdict[] = [];
  readonly #producers: Producer[];
  readonly #mutations: KafkaMutations;
  readonly now: () => number;

  constructor(
    topic: string,
    partitions: number,
    now: () => number,
    mutations: KafkaMutations = {},
    start: (partition: number) => number = () => 0,
  ) {
    this.topic = topic;
    this.partitions = partitions;
    this.now = now;
    this.#mutations = mutations;
    this.log = Array.from({ length: partitions }, () => []);
    this.next = Array.from({ length: partitions }, (_, p) => start(p));
    this.low = [...this.next];
    this.#producers = Array.from({ length: partitions }, () => ({
      epoch: 0,
      emitted: null,
      staged: null,
      stagedAt: 0,
    }));
  }

  /** Appends one record; `producer` null: a plain producer, visible at once. */
  append(
    partition: number,
    record: { key: Buffer | null; value: Buffer | null; headers?: RecordHeaders },
    state: LogRecord['state'] = 'committed',
    producer: number | null = null,
  ): number {
    const offset = this.next[partition]!++;
    const headers = record.headers ?? {};
    const { key, value } = record;
    this.log[partition]!.push({ partition, offset, timestamp: this.now(), key, value, headers, state, producer });
    return offset;
  }

  /** Offsets that no reader sees: transaction markers. */
  skip(partition: number, count: number): void {
    this.next[partition] = this.next[partition]! + count;
  }

  stableEnd(partition: number): number {
    return this.log[partition]!.find(({ state }) => state === 'open')?.offset ?? this.next[partition]!;
  }

  /** All committed records that there ever were, below the last stable offset. */
  visible(partition: number): LogRecord[] {
    const end = this.stableEnd(partition);
    return this.log[partition]!.filter(({ state, offset }) => state === 'committed' && offset < end);
  }

  /** @param tail whether [from, to) reaches over control records behind the last visible one, as some clients tell */
  fetch(partition: number, position: number, max: number, tail: boolean): LogBatch {
    if (position < this.low[partition]!) {
      throw new Fault('history_gone', `The log of partition ${partition} starts at ${this.low[partition]}.`);
    }
    const end = this.next[partition]!;
    const visible = this.visible(partition).filter(({ offset }) => offset >= position);
    const records = visible.slice(0, max);
    const lastSeen = records.length > 0 ? records.at(-1)!.offset + 1 : position;
    const to = tail && records.length === visible.length ? Math.max(lastSeen, this.stableEnd(partition)) : lastSeen;
    return { records, from: position, to, end };
  }

  /** Retention: records below `offset` can be read no more. `log` keeps them for the comparison at the end. */
  truncate(partition: number, offset: number): void {
    this.low[partition] = Math.max(this.low[partition]!, offset);
  }

  /**
   * The input topic is deleted and made again: no record is left, and the group's offsets went with the topic. The
   * outgoing topics stay unless `outgoingToo`.
   */
  makeAgain(outgoingToo: boolean): void {
    this.log.forEach((records, partition) => {
      records.length = 0;
      this.next[partition] = 0;
      this.low[partition] = 0;
    });
    for (const producer of this.#producers) Object.assign(producer, { emitted: null, staged: null });
    if (outgoingToo) this.outgoing.length = 0;
  }

  /** The input topic gets more partitions. */
  grow(partitions: number): void {
    for (; this.partitions < partitions; this.partitions++) {
      this.log.push([]);
      this.next.push(0);
      this.low.push(0);
      this.#producers.push({ epoch: 0, emitted: null, staged: null, stagedAt: 0 });
    }
  }

  initProducer(partition: number): number {
    this.abort(partition);
    return ++this.#producers[partition]!.epoch;
  }

  abort(partition: number): void {
    const producer = this.#producers[partition]!;
    if (producer.staged === null) return;
    this.#settle(partition, 'aborted');
  }

  /** Aborts transactions that have been open for longer than `timeoutMs`, as the broker does. */
  expireTransactions(timeoutMs: number): void {
    this.#producers.forEach((producer, partition) => {
      if (producer.staged === null || this.now() - producer.stagedAt < timeoutMs) return;
      this.abort(partition);
      producer.epoch++;
    });
  }

  stage(partition: number, epoch: number, staged: Producer['staged'] & object): void {
    const producer = this.#fenced(partition, epoch);
    producer.staged = staged;
    producer.stagedAt = this.now();
    for (const message of staged.messages) {
      if (message.topic !== this.topic) continue;
      const outside = this.#mutations.rerouteOutside;
      this.append(message.partition!, message, outside ? 'committed' : 'open', outside ? null : partition);
    }
  }

  commit(partition: number, epoch: number): void {
    const producer = this.#fenced(partition, epoch);
    const { staged } = producer;
    if (staged === null) throw new Fault('fenced', 'The transaction was aborted.');
    if (staged.emitted !== undefined) producer.emitted = JSON.stringify(staged.emitted);
    this.outgoing.push(...staged.messages.filter(({ topic }) => topic !== this.topic));
    this.verdicts.push(...staged.verdicts);
    this.#settle(partition, 'committed');
  }

  emitted(partition: number): EmittedMark | null {
    const { emitted } = this.#producers[partition]!;
    return emitted === null ? null : (JSON.parse(emitted) as EmittedMark);
  }

  /** The group's offset of one partition expires. */
  loseEmitted(partition: number): void {
    this.#producers[partition]!.emitted = null;
  }

  highestSource(partition: number): RecordPlace | null {
    let highest: RecordPlace | null = null;
    const rerouted = Array.from({ length: this.partitions }, (_, p) => this.visible(p)).flat();
    for (const { headers } of [...this.outgoing, ...rerouted]) {
      const source = parseSource(headerText(headers as RecordHeaders, SOURCE_HEADER) ?? '');
      if (source === null || source.topic !== this.topic || source.partition !== partition) continue;
      const timestamp = Number(headerText(headers as RecordHeaders, LOG_TIME_HEADER));
      if (highest === null || source.offset > highest.offset) highest = { offset: source.offset, timestamp };
    }
    return highest;
  }

  #fenced(partition: number, epoch: number): Producer {
    const producer = this.#producers[partition]!;
    if (producer.epoch !== epoch && !this.#mutations.noFence) throw new Fault('fenced', 'A newer producer took over.');
    return producer;
  }

  #settle(partition: number, state: 'committed' | 'aborted'): void {
    this.endTransaction(partition, state);
    this.#producers[partition]!.staged = null;
  }

  /** Ends what a producer holds open in any partition; each gets a marker, which takes an offset. */
  endTransaction(producer: number, state: 'committed' | 'aborted'): void {
    const touched = new Set<number>();
    this.log.forEach((records, p) => {
      for (const record of records) {
        if (record.state !== 'open' || record.producer !== producer) continue;
        record.state = state;
        touched.add(p);
      }
    });
    for (const p of touched) this.skip(p, 1);
  }
}

/** How a port's call is made: at once, or when the schedule says so. */
export type Call = <T>(perform: () => T, options?: { delayMs?: number }) => Promise<T>;

export const callNow: Call = async (perform) => perform();

/** @param isOurs whether the group still gives the partition to this member */
export function memoryInputLog(
  kafka: MemoryKafka,
  call: Call,
  isOurs: (partition: number) => boolean = () => true,
  tail: () => boolean = () => true,
): InputLog {
  return {
    async fetch(partition, position, { records_max, wait_ms }) {
      const look = () => {
        if (!isOurs(partition)) throw new Fault('partition_lost', `Partition ${partition} was given to somebody else.`);
        return kafka.fetch(partition, position, records_max, tail());
      };
      const batch = await call(look);
      return batch.to > batch.from ? batch : call(look, { delayMs: wait_ms });
    },
    bounds: (partition) => call(() => ({ start: kafka.low[partition]!, end: kafka.stableEnd(partition) })),
    partitionCount: () => call(() => kafka.partitions),
  };
}

export function memoryEventLog(kafka: MemoryKafka, call: Call): EventLog {
  return {
    async claim(partition) {
      const epoch = await call(() => kafka.initProducer(partition));
      const claim: EventClaim = {
        readEmitted: () => call(() => kafka.emitted(partition)),
        readPeers: () =>
          call(() =>
            Array.from({ length: kafka.partitions }, (_, p) => (p === partition ? null : kafka.emitted(p))).filter(
              (mark) => mark !== null,
            ),
          ),
        highestSource: () => call(() => kafka.highestSource(partition)),
        readVerdicts: (incarnation) =>
          call(() => {
            const verdicts = new Map<number, SchemaVerdict>();
            for (const verdict of kafka.verdicts) {
              if (verdict.partition !== partition || verdict.incarnation !== incarnation) continue;
              if (!verdicts.has(verdict.offset)) verdicts.set(verdict.offset, verdict);
            }
            return verdicts;
          }),
        async transact({ emitted, messages, verdicts = [] }) {
          const staged = { ...(emitted === undefined ? {} : { emitted }), messages, verdicts };
          await call(() => kafka.stage(partition, epoch, staged));
          await call(() => kafka.commit(partition, epoch));
        },
        close: () => call(() => {}),
      };
      return claim;
    },
  };
}
