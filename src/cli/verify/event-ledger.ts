// Which events must be there, and which were found: each expected one exactly once, in order, with its contents, and no
// other. One ledger for each outgoing topic, one for the copies of re-routed records.

import type { SourceMark } from './bytes.ts';
import { coordinatesText, type ExpectedEvent } from './expected-events.ts';
import type { Mismatch, Mismatches } from './mismatches.ts';

export interface LedgerBounds {
  /** W by partition: the look ends here, later events are not judged; a partition that is not there is not judged */
  readonly watermarks: ReadonlyMap<number, number>;
  /** C by partition, read after the topic: nothing may have left at or above it */
  readonly emittedAfter: ReadonlyMap<number, number>;
  /** C by partition, read before the topic: all below it must be there */
  readonly emittedBefore: ReadonlyMap<number, number>;
}

/** A message that was found: where it lies, what it belongs to, its `ce_id`. */
export interface FoundMessage {
  readonly partition: number;
  readonly mark: SourceMark;
  readonly ce_id: string | undefined;
}
export type EventAbout = Pick<Mismatch, 'about' | 'topic' | 'source'> & { internal_task_id?: string };

export class EventLedger {
  readonly #topic: string;
  readonly #about: 'event' | 'rerouted';
  readonly #expected = new Map<string, ExpectedEvent>();
  readonly #found = new Set<string>();
  /** message partition and source partition → the last source coordinates */
  readonly #last = new Map<string, readonly [offset: number, index: number]>();
  readonly #identities = new Map<string, string>();
  readonly #ids = new Map<string, string>();

  constructor(topic: string, about: 'event' | 'rerouted') {
    this.#topic = topic;
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
    this.#identities.clear();
    this.#ids.clear();
  }

  /** Takes one message of the topic, in the order of its partition. */
  take(
    message: FoundMessage,
    bounds: LedgerBounds,
    mismatches: Mismatches,
    compare: (expected: ExpectedEvent, about: EventAbout) => void,
  ): void {
    const { mark } = message;
    const watermark = bounds.watermarks.get(mark.partition);
    if (watermark === undefined) return;
    const source = coordinatesText(mark);
    const about = this.#aboutOf(source);
    if (mark.offset >= (bounds.emittedAfter.get(mark.partition) ?? 0)) {
      mismatches.add({
        ...about,
        problem: 'too_early',
        found: `C = ${bounds.emittedAfter.get(mark.partition) ?? 'none'}`,
      });
    }
    if (mark.offset >= watermark) return;
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
      topic: this.#topic,
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
    const { failure, failure_reason, internal_task_id, work_request_id, prior_timestamp } = event;
    if (!work_request_id || prior_timestamp === undefined) return JSON.stringify([event.kind, ...at]);
    return JSON.stringify([event.kind, failure, internal_task_id, work_request_id, prior_timestamp, failure_reason]);
  }
  if (event.kind === 'job_creation') {
    const { work_request_id, prior_timestamp } = asked!.update;
    const { token: _, ...action } = asked!.action;
    if (!work_request_id || typeof prior_timestamp !== 'number') return JSON.stringify([event.kind, ...at]);
    const same = [event.internal_task_id, work_request_id, prior_timestamp, action, event.repeat];
    return JSON.stringify([event.kind, ...same]);
  }
  return JSON.stringify([event.kind, ...at]);
}
