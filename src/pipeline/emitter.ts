// Sends notices in Kafka transactions that also move C. One transaction at a time; what comes meanwhile goes into the
// next one (group commit), so a slow transaction delays events and never the fold, up to a bound.

import type { EmittedMark, EventClaim, OutgoingMessage, RecordFingerprint, SchemaVerdict } from './ports.ts';
import { TICK_HEADER } from './source-header.ts';

/** Told of each transaction; must not throw. */
export interface EmitterListener {
  begun(): void;
  /** after the commit */
  emitted(mark: EmittedMark, messages: number): void;
}

export class Emitter {
  readonly #events: EventClaim;
  readonly #listener: EmitterListener;
  #mark: EmittedMark;
  #messages: OutgoingMessage[] = [];
  #bytes = 0;
  /** where C goes with the waiting messages */
  #target: number;
  #fingerprint: RecordFingerprint | undefined;
  #running: Promise<void> | null = null;
  #failure: { error: unknown } | null = null;

  constructor(events: EventClaim, mark: EmittedMark, listener: EmitterListener) {
    this.#events = events;
    this.#mark = mark;
    this.#target = mark.offset;
    this.#fingerprint = mark.fingerprint;
    this.#listener = listener;
  }

  /** C as last committed by this claim. */
  get mark(): EmittedMark {
    return this.#mark;
  }

  /** Bytes of the messages that no transaction has taken yet. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /**
   * Hands over all notices of the records below `target` that have not left yet. `target` is a saved W.
   * Starts a transaction if there is something to send and none is under way.
   */
  add(messages: readonly OutgoingMessage[], target: number, fingerprint: RecordFingerprint | undefined): void {
    for (const message of messages) {
      this.#messages.push(message);
      this.#bytes += messageBytes(message);
    }
    if (target > this.#target) this.#target = target;
    if (fingerprint !== undefined) this.#fingerprint = fingerprint;
    this.#start();
  }

  /** @throws what a transaction failed with; the claim is of no more use then */
  check(): void {
    if (this.#failure !== null) throw this.#failure.error;
  }

  /** Waits until everything handed over has left, and C stands where the last `add` put it if anything left or `mark` asks for it. */
  async settle(options: { mark?: boolean } = {}): Promise<void> {
    let mark = options.mark ?? false;
    for (;;) {
      // The end of one transaction may begin the next: only where none is under way is everything out.
      if (this.#running !== null) {
        await this.#running;
        continue;
      }
      this.check();
      if (this.#messages.length > 0) this.#start();
      else if (mark) {
        mark = false;
        this.#begin();
      } else return;
    }
  }

  /** Commits verdicts in a transaction of their own, C unmoved. */
  async recordVerdicts(verdicts: readonly SchemaVerdict[]): Promise<void> {
    await this.settle();
    await this.#events.transact({ messages: [], verdicts });
  }

  #start(): void {
    if (this.#running === null && this.#failure === null && this.#messages.length > 0) this.#begin();
  }

  #begin(): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#bytes = 0;
    const fingerprint = this.#fingerprint;
    const mark: EmittedMark = {
      offset: this.#target,
      pins: this.#mark.pins,
      ...(fingerprint === undefined ? {} : { fingerprint }),
    };
    this.#listener.begun();
    this.#running = this.#events.transact({ emitted: mark, messages }).then(
      () => {
        this.#mark = mark;
        this.#running = null;
        this.#listener.emitted(mark, messages.filter(isEvent).length);
        this.#start();
      },
      (error: unknown) => {
        this.#failure = { error };
        this.#running = null;
      },
    );
  }
}

/** A tick tells nobody anything. */
function isEvent({ headers }: OutgoingMessage): boolean {
  return !(TICK_HEADER in headers);
}

/** Bytes of key and value: what a message that waits keeps from being freed. */
export function messageBytes({ key, value }: OutgoingMessage): number {
  return (key?.length ?? 0) + (value?.length ?? 0);
}
