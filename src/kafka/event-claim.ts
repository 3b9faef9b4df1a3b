// One claim on a partition's outgoing side: what was read and is sent under its fenced producer.

import type {
  EmittedMark,
  EventClaim as EventClaimPort,
  OutgoingMessage,
  RecordPlace,
  SchemaVerdict,
} from '../pipeline/ports.ts';
import { type EmittedMarks, encodeMark } from './emitted-marks.ts';
import type { FencedProducer } from './fenced-producer.ts';
import { type VerdictLog, verdictMessage } from './verdict-log.ts';

export interface EventClaimParts {
  readonly partition: number;
  /** the input topic, under which C is committed */
  readonly topic: string;
  readonly emittedGroup: string;
  readonly verdictTopic: string;
  readonly marks: EmittedMarks;
  readonly verdicts: VerdictLog;
  highestSource(): Promise<RecordPlace | null>;
}

export class EventClaim implements EventClaimPort {
  readonly #producer: FencedProducer;
  readonly #parts: EventClaimParts;
  /** committed by this claim: their transaction's marker may reach the log a little after the commit's answer */
  readonly #ownVerdicts: SchemaVerdict[] = [];

  constructor(producer: FencedProducer, parts: EventClaimParts) {
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
    const { partition, topic, emittedGroup: group, verdictTopic } = this.#parts;
    const { emitted, messages, verdicts = [] } = transaction;
    const all = [...verdicts.map((verdict) => verdictMessage(verdictTopic, verdict)), ...messages];
    const moved = emitted && { group, topic, partition, offset: emitted.offset, metadata: encodeMark(emitted) };
    await this.#producer.transact(all, moved);
    this.#ownVerdicts.push(...verdicts);
  }

  close(): Promise<void> {
    return this.#producer.close();
  }
}
