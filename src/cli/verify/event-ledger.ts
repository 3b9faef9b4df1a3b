// Which events must be there, and which were found: each expected one exactly once, in order, with its contents, and no
// other. One ledger for each outgoing topic, one for the copies of re-routed records.

import type { SourceMark } from './bytes.ts';
import { coordinatesText, type ExpectedEvent } from './expected-events.ts';
import type { Mismatch, Mismatches } from './mismatches.ts';
import { jobContent } from './plain-post.ts';

/** Offsets of one source partition whose events are judged: from where its fold began, below the W of this look. */
export interface JudgedRange {
  readonly origin: number;
  readonly watermark: number;
}

/** C by partition, around the reading of a topic. */
export interface EmittedAround {
  /** all events below it must be there */
  readonly before: ReadonlyMap<number, number>;
  /** no event that was read may lie at or above it */
  readonly after: ReadonlyMap<number, number>;
}

/** A message that was found: where it lies, what it belongs to, its `ce_id`. */
export interface FoundMessage {
  readonly partition: number;
  readonly mark: SourceMark;
  readonly ce_id: string | undefined;
}
export type EventAbout = Pick<Mismatch, 'about' | 'topic' | 'source'> & { internal_task_id?: string };

export class EventLedger {
  readonly topic: string;
  readonly #about: 'event' | 'rerouted';
  readonly #expected = new Map<string, ExpectedEvent>();
  readonly #found = new Set<string>();
  /** message partition and source partition → the last source coordinates */
  readonly #last = new Map<string, readonly [offset: number, index: number]>();
  /** source partition → highest source offset of any message */
  readonly #highest = new Map<number, number>();
  readonly #identities = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  constructor(topic: string, about: 'event' | 'rerouted') {
    this.topic = topic;
    this.#about = about;
  }

  /** How many events must be there. */
  get size(): number {
    return this.#expected.size;
  }

  /** How many of them were found. */
  get found(): number {
    return this.#found.size;
  }

  expect(event: ExpectedEvent): void {
    this.#expected.set(coordinatesText(event), event);
  }

  /** Forgets what was found, for another look. */
  lookAgain(): void {
    this.#found.clear();
    this.#last.clear();
    this.#highest.clear();
    this.#identities.clear();
    this.#ids.clear();
  }

  /** Takes one message of the topic, in the order of its partition. A source partition without a range is not judged. */
  take(
    message: FoundMessage,
    ranges: ReadonlyMap<number, JudgedRange>,
    mismatches: Mismatches,
    compare: (expected: ExpectedEvent, about: EventAbout) => void,
  ): void {
    const { mark } = message;
    const range = ranges.get(mark.partition);
    if (range === undefined) return;
    this.#highest.set(mark.partition, Math.max(mark.offset, this.#highest.get(mark.partition) ?? -1));
    if (mark.offset < range.origin || mark.offset >= range.watermark) return;
    const source = coordinatesText(mark);
    const about = this.#aboutOf(source);
    this.#checkOrder(message, about, mismatches);
    const expected = this.#expected.get(source);
    if (expected === undefined) {
      mismatches.add({ ...about, problem: 'unexpected' });
      return;
    }
    if (this.#found.has(source)) {
      mismatches.add({ ...about, problem: 'repeated' });
      return;
    }
    this.#found.add(source);
    this.#checkIdentity(expected, message, about, mismatches);
    compare(expected, about);
  }

  /** C moves in one transaction with the events: whatever was read must lie below what C is afterwards. */
  checkEmitted(after: EmittedAround['after'], mismatches: Mismatches): void {
    for (const [partition, offset] of this.#highest) {
      const emitted = after.get(partition) ?? 0;
      if (offset < emitted) continue;
      const field = `C = ${emitted}, but an event of offset ${offset} is in ${this.topic}:`;
      mismatches.add({ about: 'partition', partition, field, problem: 'too_early' });
    }
  }

  /** The expected events that were not found. */
  *missing(): Generator<{ event: ExpectedEvent; about: EventAbout }> {
    for (const [source, event] of this.#expected) {
      if (!this.#found.has(source)) yield { event, about: this.#aboutOf(source) };
    }
  }

  #aboutOf(source: string): EventAbout {
    const event = this.#expected.get(source)?.event;
    const task = event !== undefined && 'internal_task_id' in event ? event.internal_task_id : undefined;
    return {
      about: this.#about,
      topic: this.topic,
      source,
      ...(task === undefined ? {} : { internal_task_id: task }),
    };
  }

  // Events of one source partition leave in order; within one partition of the topic a reader sees that order.
  #checkOrder({ partition, mark }: FoundMessage, about: EventAbout, mismatches: Mismatches): void {
    const lane = `${partition}/${mark.partition}`;
    const [offset, index] = this.#last.get(lane) ?? [-1, -1];
    if (mark.offset < offset || (mark.offset === offset && mark.index < index)) {
      mismatches.add({ ...about, problem: 'out_of_order', found: `behind offset ${offset}, index ${index}` });
    }
    this.#last.set(lane, [mark.offset, mark.index]);
  }

  // `ce_id` is made of content, or of coordinates where content cannot tell: how is not repeated here, but one id must
  // stand for one identity, and one identity have one id.
  #checkIdentity(
    expected: ExpectedEvent,
    { ce_id: id }: FoundMessage,
    about: EventAbout,
    mismatches: Mismatches,
  ): void {
    if (this.#about === 'rerouted') return;
    const field = 'header ce_id';
    if (id === undefined) {
      mismatches.add({ ...about, field, problem: 'missing' });
      return;
    }
    const identity = identityOf(expected);
    const otherId = this.#identities.get(identity);
    if (otherId !== undefined && otherId !== id) {
      mismatches.add({ ...about, field, problem: 'differs', expected: otherId, found: id });
    }
    const otherIdentity = this.#ids.get(id);
    if (otherIdentity !== undefined && otherIdentity !== identity) {
      mismatches.add({ ...about, field, problem: 'repeated', found: id });
    }
    this.#identities.set(identity, id);
    this.#ids.set(id, identity);
  }
}

/** What makes two events one: task, reporter, prior and what was said; else where the record lay first. */
function identityOf({ event, origin, partition, offset, index, asked }: ExpectedEvent): string {
  const at = [origin?.partition ?? partition, origin?.offset ?? offset, index];
  if (event.kind === 'failure') {
    const { failure, failure_reason, internal_task_id, work_request_id, engine_instance_id, prior_timestamp } = event;
    // Time passes with every record, so also with each copy of one.
    if (failure === 'silent') return JSON.stringify([failure, internal_task_id, partition, offset]);
    // One post, repeated, can end several silences.
    if (failure === 'recovered') return JSON.stringify([failure, internal_task_id, ...at]);
    if (!work_request_id || prior_timestamp === undefined) return JSON.stringify([event.kind, ...at]);
    const reporter = [work_request_id, engine_instance_id];
    const said = [failure_reason, event.attempt];
    return JSON.stringify([event.kind, failure, internal_task_id, reporter, prior_timestamp, said]);
  }
  if (event.kind === 'job_creation') {
    const { work_request_id, prior_timestamp } = asked!.update;
    const reporter = [work_request_id, asked!.engine_instance_id];
    if (!work_request_id || typeof prior_timestamp !== 'number') return JSON.stringify([event.kind, ...at]);
    const same = [event.internal_task_id, reporter, prior_timestamp, jobContent(asked!.action), event.repeat];
    return JSON.stringify([event.kind, ...same]);
  }
  return JSON.stringify([event.kind, ...at]);
}
