// One partition's life in this process. Its loop is the only one that changes anything; others may only ask it to stop.
//
//   claiming → draining → running ─┬─ fault that heals ──► waiting ──► claiming
//      ▲                           ├─ fault that does not ──► halted ──(resume request)──► claiming
//      └───────────────────────────┴─ lost or stopped ──► stopped (for good)

import { conserves } from '../domain/head.ts';
import type { PartitionFold } from '../domain/partition-fold.ts';
import { generationOf } from '../domain/tombstone.ts';
import { type Claimed, checkPartitionCount, claimPartition, moved } from './claim.ts';
import type { PipelineContext } from './context.ts';
import { drain } from './drain.ts';
import { Emitter } from './emitter.ts';
import { Fault, type HaltCode } from './errors.ts';
import { foldOver, foldRecords, loadSchemas, type NoticeAtHand } from './fold-batch.ts';
import { GivenSettings } from './given-settings.ts';
import { cureOf } from './halts.ts';
import { LiveReport } from './live-report.ts';
import type { InputRecord, LogBatch, SlotSave } from './ports.ts';
import type { RecordsInHand } from './records-in-hand.ts';
import { faultOf, Remedies } from './remedies.ts';
import { saveWhenFree } from './save-when-free.ts';
import { SlotCache } from './slot-cache.ts';
import { Ticker } from './ticker.ts';

/** Trims are bookkeeping: at most one in this time, ms. */
const TRIM_EVERY_MS = 500;
/** While a service is away the back-off doubles this often: 0.2–2 s grow to 0.8–8 s. */
const BACKOFF_DOUBLINGS_MAX = 2;

/** What a claimed slot is folded with. */
interface SlotAtWork {
  readonly claimed: Claimed;
  readonly emitter: Emitter;
  readonly cache: SlotCache;
  readonly fold: PartitionFold;
}

export class PartitionWorker {
  readonly partition: number;
  /** settles when the worker has let go of everything; never rejects */
  readonly finished: Promise<void>;
  readonly #context: PipelineContext;
  readonly #inHand: RecordsInHand;
  readonly #live: LiveReport;
  #stopping = false;
  #lost = false;
  #wakeStop!: () => void;
  readonly #stopAsked: Promise<void>;
  /** faults of services since the last save */
  #waits = 0;
  readonly #remedies = new Remedies();
  #trimmedAt = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(context: PipelineContext, partition: number, inHand: RecordsInHand) {
    this.#context = context;
    this.#inHand = inHand;
    this.partition = partition;
    this.#live = new LiveReport(context, partition);
    this.#stopAsked = new Promise((resolve) => {
      this.#wakeStop = resolve;
    });
    this.finished = this.#run();
  }

  /** For status: W, C and the log's end as this worker last knew them. */
  get status() {
    return this.#live.status;
  }

  /** Finishes the batch at hand, sends what is saved, lets go. */
  stop(): void {
    this.#stopping = true;
    this.#wakeStop();
  }

  /** The group gave the partition to somebody else: nothing more is begun. */
  lose(): void {
    this.#lost = true;
    this.stop();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      try {
        this.#live.enter('claiming');
        await this.#follow(await claimPartition(this.#context, this.partition));
      } catch (error) {
        await this.#getOver(faultOf(error)).catch(() => {});
      }
    }
    this.#live.enter('stopped');
  }

  /** Everything between a claim and the fault, or the stop, that ends it. */
  async #follow(claimed: Claimed): Promise<void> {
    const { ports, observer } = this.#context;
    const { partition } = this;
    const { incarnation } = claimed.head.pins;
    this.#live.watermark = claimed.watermark;
    this.#live.emitted = claimed.emitted.offset;
    observer.claimed?.(partition, {
      head: claimed.head,
      watermark: claimed.watermark,
      emitted: claimed.emitted.offset,
    });
    const emitter = new Emitter(claimed.events, claimed.emitted, {
      begun: () => observer.emitting?.(partition),
      emitted: (mark, messages) => {
        this.#live.emitted = mark.offset;
        observer.emitted?.(partition, { messages, emitted: mark.offset });
        const now = ports.surroundings.now();
        if (now - this.#trimmedAt < TRIM_EVERY_MS) return;
        this.#trimmedAt = now;
        void ports.slotStore.trim(partition, incarnation, mark.offset).catch(() => {});
      },
    });
    this.#dropTombstones(claimed, generationOf(claimed.head) - 2);
    try {
      this.#live.enter('draining');
      await drain(this.#context, partition, claimed, emitter);
      this.#live.enter('running');
      await this.#fold(claimed, emitter);
      if (!this.#lost) await emitter.settle({ mark: emitter.mark.offset < this.#live.watermark });
    } finally {
      void claimed.events.close().catch(() => {});
    }
  }

  async #fold(claimed: Claimed, emitter: Emitter): Promise<void> {
    const { ports, settings, observer } = this.#context;
    const { partition } = this;
    const cache = new SlotCache(settings.cache_tasks);
    const atWork = { claimed, emitter, cache, fold: foldOver(cache, partition, claimed.head) };
    const ticker = new Ticker(this.#context, partition, claimed, emitter);
    let watermark = claimed.watermark;
    let markedAt = ports.surroundings.now();
    let countedAt = markedAt;
    const limits = { records_max: settings.batch_records_max, wait_ms: settings.fetch_wait_ms };
    const given = new GivenSettings(settings.given, claimed.head, (await ports.inputLog.bounds(partition)).end);

    while (!this.#stopping) {
      emitter.check();
      given.check(watermark);
      observer.step?.(partition, 'fetch');
      const batch = await ports.inputLog.fetch(partition, watermark, limits);
      this.#live.logEnd = batch.end;
      observer.fetched?.(partition, { oldest: batch.records[0]?.timestamp ?? null, end: batch.end });
      if (batch.to > watermark) {
        watermark = await this.#foldBatch(atWork, watermark, batch);
        if (batch.records.length > 0) ticker.heard();
      } else {
        await emitter.settle();
        await this.#lookAtSlot(watermark);
        await ticker.idle(watermark);
      }
      if (emitter.waitingBytes > settings.pending_bytes_max) await emitter.settle();
      const now = ports.surroundings.now();
      if (now - markedAt >= settings.mark_every_ms) {
        markedAt = now;
        emitter.add([], watermark, undefined);
        await emitter.settle({ mark: true });
      }
      if (now - countedAt >= settings.partition_count_every_ms) {
        countedAt = now;
        await checkPartitionCount(this.#context, claimed.head.pins);
      }
      this.#live.tell();
    }
  }

  /** With nothing to save, nothing would tell that Redis has lost the slot, or that an operator cleared it. */
  async #lookAtSlot(watermark: number): Promise<void> {
    const { ports, settings } = this.#context;
    const now = ports.surroundings.now();
    if (now - this.#lookedAt < settings.live_every_ms) return;
    this.#lookedAt = now;
    const found = await ports.slotStore.readTasks(this.partition, [], null);
    if (found.watermark !== watermark) throw moved(this.partition, watermark, found.watermark);
  }

  /** Folds and saves one batch; answers the new W. */
  async #foldBatch(atWork: SlotAtWork, watermark: number, batch: LogBatch): Promise<number> {
    const { ports, observer } = this.#context;
    const { partition } = this;
    const { claimed, emitter, cache } = atWork;
    observer.step?.(partition, 'schemas');
    const { records, waitsFor } = await loadSchemas(this.#context, partition, claimed, emitter, batch.records);
    const loaded = batch.records[records.length]?.offset ?? batch.to;
    let to = loaded;
    if (to > watermark) {
      const generation = generationOf(claimed.head);
      const { received, changes: settled } = claimed.head;
      observer.step?.(partition, 'turn');
      const giveBack = await this.#inHand.take(records.length);
      const begun = await this.#foldAndBeginToSave(atWork, watermark, records, loaded).finally(giveBack);
      const { folded, saving } = begun;
      to = begun.to;
      const saved = await saving;
      if (saved.outcome === 'refused') throw moved(partition, watermark, saved.watermark);
      this.#live.watermark = to;
      this.#waits = 0;
      const { atHand, fingerprint } = folded;
      const folds = claimed.head.received - received;
      observer.folded?.(partition, { records: folds, to, end: batch.end, head: claimed.head, notices: atHand });
      if (claimed.head.changes !== settled) observer.settingsChanged?.(partition, claimed.head.changes.at(-1)!);
      observer.step?.(partition, 'encode');
      this.#dropTombstones(claimed, generation);
      const encode = (one: NoticeAtHand) => ports.encoder.encode(partition, one.notice, one.record, one.update);
      emitter.add(atHand.map(encode), to, fingerprint);
      cache.age();
    }
    if (waitsFor !== null && to === loaded) throw waitsFor;
    return to;
  }

  /** Once the save is on its way its records are in hand no more. @param end behind the last of the records */
  async #foldAndBeginToSave(atWork: SlotAtWork, watermark: number, records: readonly InputRecord[], end: number) {
    const { partition } = this;
    const { claimed, cache, fold } = atWork;
    const { log_time } = claimed.head.clock;
    const folded = await foldRecords(this.#context, partition, claimed, watermark, cache, fold, records);
    const to = records[folded.count]?.offset ?? end;
    if (!conserves(claimed.head)) {
      throw new Fault('conservation_broken', `The outcomes of partition ${partition} do not add up at offset ${to}.`);
    }
    this.#context.observer.step?.(partition, 'save');
    const { atHand, fingerprint, count: _, ...changed } = folded;
    const save: SlotSave = {
      expect: watermark,
      expect_log_time: log_time,
      to,
      head: claimed.head,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...changed,
      notices: atHand.map(({ notice }) => notice),
    };
    const saving = saveWhenFree(this.#context, partition, save, () => {
      this.#live.tell();
      return this.#stopping;
    });
    return { to, folded, saving };
  }

  /** Nothing is asked of generations before the last one; a claim drops what a crash may have left. @param since present before */
  #dropTombstones({ head }: Claimed, since: number) {
    const { slotStore } = this.#context.ports;
    for (let generation = Math.max(0, since - 1); generation < generationOf(head) - 1; generation++) {
      void slotStore.dropTombstones(this.partition, head.pins.incarnation, generation).catch(() => {});
    }
  }

  async #getOver(fault: Fault): Promise<void> {
    if (this.#stopping) return;
    const { ports, settings, observer } = this.#context;
    switch (this.#remedies.of(fault, this.#live.watermark)) {
      case 'stop':
        this.lose();
        return;
      case 'halt':
        await this.#stayHalted(fault);
        return;
      case 'wait':
      case 'claim': {
        this.#live.enter('waiting');
        observer.problem?.(this.partition, fault);
        // Two owners that claim at once in lockstep starve each other: a random time apart, and only one that the
        // group still answers to.
        const { backoff_ms_min: min, backoff_ms_max: max } = settings;
        const longer = fault.remedy === 'wait' ? 2 ** Math.min(this.#waits++, BACKOFF_DOUBLINGS_MAX) : 1;
        await this.#unlessStopped(ports.surroundings.sleep((min + ports.surroundings.random() * (max - min)) * longer));
        await this.#unlessStopped(ports.membership.nextHeartbeat(this.partition).catch((error) => this.#heard(error)));
      }
    }
  }

  #heard(error: unknown): void {
    if (faultOf(error).remedy === 'stop') this.lose();
  }

  async #stayHalted(fault: Fault): Promise<void> {
    const { ports, settings, observer } = this.#context;
    const cure = cureOf(fault.code as HaltCode, this.partition);
    this.#live.halt = { code: fault.code, message: fault.message, cure };
    observer.halted?.(this.partition, fault, cure);
    this.#live.enter('halted');
    while (!this.#stopping) {
      await this.#unlessStopped(ports.surroundings.sleep(settings.resume_poll_ms));
      this.#live.tell();
      if (await ports.slotStore.takeResume(this.partition).catch(() => false)) break;
    }
    this.#live.halt = undefined;
    if (!this.#stopping) observer.resumed?.(this.partition);
  }

  #unlessStopped(waiting: Promise<void>): Promise<void> {
    return Promise.race([waiting, this.#stopAsked]);
  }
}
