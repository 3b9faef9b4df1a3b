// The second half of a verification: a ledger for each outgoing topic and one for re-routed copies, filled by the plain
// fold, settled by reading the topics.

import type { Kafka } from 'kafkajs';
import type { InputRecord } from '../../pipeline/ports.ts';
import type { RedisClient } from '../../redis/redis-target.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import type { Topology } from '../../topology.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { isOfGroup, type SourceMark } from './bytes.ts';
import { type Absent, compareTopic, judgeMissing } from './compare-events.ts';
import { compareCopy, type FoundCopy, foundCopy } from './copy-of-record.ts';
import { EventLedger, type JudgedRange } from './event-ledger.ts';
import type { ExpectedEvent } from './expected-events.ts';
import type { KafkaLook } from './look-at-kafka.ts';
import { Mismatches } from './mismatches.ts';
import { isOfSilence } from './plain-failure.ts';
import { plainHome } from './plain-murmur2.ts';
import type { PlainSchemas } from './plain-schemas.ts';
import type { InputReplay } from './replay-input.ts';

export interface EventsLook {
  readonly kafka: Kafka;
  readonly look: KafkaLook;
  readonly schemas: PlainSchemas;
  readonly redis: RedisClient;
  readonly keys: readonly SlotKeys[];
  readonly replay: InputReplay;
  /** by source partition: which events are judged */
  readonly ranges: ReadonlyMap<number, JudgedRange>;
  /** C as it was before the input was read the last time */
  readonly copiesEmittedBefore: ReadonlyMap<number, number>;
  readonly mismatchesKept: number;
  onProgress(text: string): void;
}

export interface SeenEvents {
  readonly mismatches: Mismatches;
  /** events that wait in the outbox */
  readonly pending: number;
  readonly unchecked: { why: string }[];
}

const LOOKS_MAX = 6;

export class EventBooks {
  readonly failures: EventLedger;
  readonly jobCreations: EventLedger;
  readonly rejects: EventLedger;
  readonly rerouted: EventLedger;
  readonly failuresByKind = new Map<string, number>();
  readonly #topology: Topology;
  readonly #copies: FoundCopy[] = [];

  constructor(topology: Topology) {
    this.#topology = topology;
    this.failures = new EventLedger(topology.failures.topic, 'event');
    this.jobCreations = new EventLedger(topology.jobCreations.topic, 'event');
    this.rejects = new EventLedger(topology.rejects.topic, 'event');
    this.rerouted = new EventLedger(topology.input.topic, 'rerouted');
  }

  /** An event that must leave. */
  expect(event: ExpectedEvent): void {
    const { kind } = event.event;
    const ledgers = {
      failure: this.failures,
      job_creation: this.jobCreations,
      reject: this.rejects,
      reroute: this.rerouted,
    };
    ledgers[kind].expect(event);
    if (event.event.kind === 'failure') {
      const { failure } = event.event;
      this.failuresByKind.set(failure, (this.failuresByKind.get(failure) ?? 0) + 1);
    }
  }

  /** A copy of a re-routed record that lies in the input topic. */
  addCopy(record: InputRecord, mark: SourceMark): void {
    // Another group that folds this input re-routes for itself.
    if (isOfGroup(record.headers, this.#topology.groups.members)) this.#copies.push(foundCopy(record, mark));
  }

  /** How many events were expected of those that engines cause: no engine says that it is silent. */
  figures() {
    const failures_by_kind = new Map([...this.failuresByKind].filter(([kind]) => !isOfSilence(kind)));
    const failures = [...failures_by_kind.values()].reduce((sum, count) => sum + count, 0);
    return { failures, failures_by_kind, job_creations: this.jobCreations.size };
  }

  /** Reads the topics and settles every ledger. @throws CommandFailure where events do not stop leaving */
  async compare(look: EventsLook): Promise<SeenEvents> {
    const mismatches = new Mismatches(look.mismatchesKept);
    const unchecked: { why: string }[] = [];
    let pending = 0;
    type Once = (mismatches: Mismatches, doubted: Set<ExpectedEvent>, first: boolean) => Promise<Absent>;
    const settle = async (ledger: EventLedger, once: Once) => {
      const doubted = new Set<ExpectedEvent>();
      for (let looks = 1; ; looks++) {
        ledger.lookAgain();
        const found = new Mismatches(look.mismatchesKept);
        const absent = await once(found, doubted, looks === 1);
        if (absent.unsettled === 0) {
          mismatches.addAll(found);
          pending += absent.pending;
          if (absent.unchecked > 0) unchecked.push({ why: gone(ledger.topic, absent.unchecked) });
          return;
        }
        if (looks === LOOKS_MAX) {
          const why = `events leave for ${ledger.topic} faster than they can be read`;
          throw new CommandFailure(why, EXIT.failed, 'wait until the processors have caught up: --wait');
        }
      }
    };
    await settle(this.rerouted, (found, doubted, first) => this.#compareCopies(look, first, doubted, found));
    for (const ledger of [this.failures, this.jobCreations, this.rejects]) {
      await settle(ledger, (found, doubted) => this.#compareTopic(look, ledger, doubted, found));
    }
    return { mismatches, pending, unchecked };
  }

  async #compareCopies(
    look: EventsLook,
    first: boolean,
    doubted: Set<ExpectedEvent>,
    mismatches: Mismatches,
  ): Promise<Absent> {
    // From the second look on, the input is read on first: copies may have come since.
    const before = first ? look.copiesEmittedBefore : await emittedNow(look);
    if (!first) await look.replay.readOn();
    for (const copy of this.#copies) {
      this.rerouted.take(copy, look.ranges, mismatches, (expected, about) =>
        compareCopy(expected, copy, about, mismatches),
      );
    }
    const after = await emittedNow(look);
    this.rerouted.checkEmitted(after, mismatches);
    const unread = ({ event }: ExpectedEvent) => event.kind === 'reroute' && !look.ranges.has(event.to);
    return judgeMissing(this.rerouted, { before, after }, look, unread, doubted, mismatches);
  }

  async #compareTopic(
    look: EventsLook,
    ledger: EventLedger,
    doubted: Set<ExpectedEvent>,
    mismatches: Mismatches,
  ): Promise<Absent> {
    const { kafka, schemas } = look;
    const truncated = await look.look.truncated(ledger.topic);
    const partitionCount = await look.look.partitionCount(ledger.topic);
    const before = await emittedNow(look);
    const onProgress = (topic: string, done: number, total: number) =>
      look.onProgress(`reading ${topic}: ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} offsets`);
    await compareTopic({ kafka, schemas, topology: this.#topology, onProgress }, ledger, look.ranges, mismatches);
    const after = await emittedNow(look);
    ledger.checkEmitted(after, mismatches);
    const mayBeGone = (event: ExpectedEvent) => {
      const partition = partitionOf(event, partitionCount);
      return partition === null ? truncated.size > 0 : truncated.has(partition);
    };
    return judgeMissing(ledger, { before, after }, look, mayBeGone, doubted, mismatches);
  }
}

async function emittedNow(look: EventsLook): Promise<Map<number, number>> {
  const positions = await look.look.positions();
  return new Map([...positions].map(([partition, { emitted }]) => [partition, emitted]));
}

/** The partition of the outgoing topic that an event's key leads to; null where verify has kept no key. */
function partitionOf({ event }: ExpectedEvent, partitionCount: number): number | null {
  if (event.kind === 'failure') return plainHome(event.internal_task_id, partitionCount);
  if (event.kind === 'job_creation') return plainHome(event.internal_job_id ?? event.internal_task_id, partitionCount);
  return null;
}

function gone(topic: string, events: number): string {
  return `${events.toLocaleString('en-US')} events of ${topic}: the topic's log begins later, retention may have removed them`;
}
