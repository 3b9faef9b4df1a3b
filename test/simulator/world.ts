// A simulated world: some processes with the real pipeline and fold, Kafka, Redis and the registry in memory, a virtual
// clock, and one seed that decides who fails when. At the end everything heals, and the result is held against a plain
// fold of the log that is left.

import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION, type FoldSettings } from '../../src/domain/fold-settings.ts';
import type { PipelineContext, PipelinePorts } from '../../src/pipeline/context.ts';
import { Fault } from '../../src/pipeline/errors.ts';
import { createProcessor, type Processor } from '../../src/pipeline/processor.ts';
import { GROUP, publishControl } from './controls.ts';
import { encodeUpdate, type MemoryRegistry, memoryDecoder, memoryEncoder, seeingErrors } from './memory-codec.ts';
import { type Call, type KafkaMutations, MemoryKafka, memoryEventLog, memoryInputLog } from './memory-kafka.ts';
import { MemorySlots, memorySlotStore, type SlotMutations } from './memory-slot-store.ts';
import { type Caller, type FaultRates, NO_FAULTS, Schedule } from './schedule.ts';
import { publishUpdates } from './updates.ts';

export interface WorldOptions {
  readonly seed: number;
  /** steps with faults, before everything heals */
  readonly steps?: number;
  readonly rates?: FaultRates;
  /** how likely a slot falls back to an older copy at a step, 0–1 */
  readonly rollBacks?: number;
  readonly wipes?: boolean;
  /** slots are held still now and then, as an operator's tool does */
  readonly holds?: boolean;
  readonly loseEmitted?: boolean;
  readonly lateSchemas?: boolean;
  /** the input topic is deleted, made again and filled anew half-way: alone, or with the outgoing topics */
  readonly makeAgain?: 'input' | 'all';
  /** records go once C and every kept copy of Redis is past them: `safe`; once W is: `nasty` */
  readonly retention?: 'safe' | 'nasty';
  /** the world rests only when every task has been retired: whatever nobody reports any more is found out */
  readonly untilRetired?: boolean;
  /** so many tasks, and updates, that those whose time has come at one record have to wait for each other */
  readonly crowd?: boolean;
  /** Once all are claimed, half of the new processes see errors that are not there: of another version, or one `alike`. */
  readonly otherFold?: 'other_version' | 'alike';
  readonly kafka?: KafkaMutations;
  readonly slots?: SlotMutations & { tearRate?: number };
  /** applied to each process's ports: the mutations of the protocol */
  readonly mutate?: (ports: PipelinePorts, world: World) => PipelinePorts;
}

interface Process extends Caller {
  readonly processor: Processor;
  /** partitions that it believes to be its own */
  readonly believes: Set<number>;
}

interface Halt {
  readonly partition: number;
  readonly code: string;
}

const TOPIC = 'task-status';
const RATES: FaultRates = { crash: 0.02, lostRequest: 0.02, lostReply: 0.03, repeated: 0.02 };
const TRANSACTION_TIMEOUT_MS = 10_000;
/** Times so short that all of it happens within the seconds that a world lives. */
export const FOLD_SETTINGS: FoldSettings = {
  ...DEFAULT_FOLD_SETTINGS,
  reporter_idle_s: 1,
  silence_after_s: 1,
  stalled_after_s: 2,
  retain_finished_s: 2,
  retain_silent_s: 4,
  tombstones_kept_s: 4,
};

export class World {
  readonly schedule: Schedule;
  readonly kafka: MemoryKafka;
  readonly slots: MemorySlots;
  readonly registry: MemoryRegistry = { away: false, knowsLate: false };
  readonly partitions: number;
  readonly options: WorldOptions;
  published = 0;
  #processes: Process[] = [];
  #owners: Process[] = [];
  /** of the world at rest */
  readonly halts: Halt[] = [];
  /** while faults happened: somebody claimed the partition anew afterwards */
  readonly haltsBefore: Halt[] = [];
  /** halts of processes of another fold version */
  refused = 0;
  #healed = false;

  constructor(options: WorldOptions) {
    this.options = options;
    this.schedule = new Schedule(options.seed, (caller) => this.#died(caller as Process));
    const { schedule } = this;
    this.partitions = 2 + schedule.below(2);
    this.kafka = new MemoryKafka(
      TOPIC,
      this.partitions,
      () => schedule.now,
      options.kafka,
      () => schedule.below(3),
    );
    const { tearRate = 0, ...mutations } = options.slots ?? {};
    const tear = () => schedule.rates !== NO_FAULTS && schedule.chance(tearRate);
    this.slots = new MemorySlots({ ...mutations, ...(tearRate > 0 ? { tear } : {}) });
    for (let count = 2 + schedule.below(2); count > 0; count--) this.#processes.push(this.#boot());
    for (let p = 0; p < this.partitions; p++) this.#give(p, this.#anybody());
  }

  /** Runs the faulty part, heals, and runs on until nothing is left to do. */
  async run(): Promise<void> {
    const { schedule, options } = this;
    schedule.rates = options.rates ?? RATES;
    const steps = options.steps ?? 700;
    for (let step = 0; step < steps; step++) {
      if (step === Math.floor(steps / 2)) {
        this.registry.knowsLate = true;
        if (options.makeAgain) this.#makeAgain(options.makeAgain);
      }
      this.#happen();
      await schedule.step();
    }
    await this.#heal();
  }

  #happen(): void {
    const { schedule, options, kafka } = this;
    if (schedule.chance(0.3)) schedule.now += schedule.below(200);
    if (this.published < (options.crowd ? 150 : 40) && schedule.chance(options.crowd ? 0.5 : 0.12)) this.#publish();
    if (schedule.chance(0.02)) kafka.skip(schedule.below(this.partitions), 1 + schedule.below(2));
    if (schedule.chance(0.01)) this.#appendAborted();
    if (schedule.chance(0.01)) this.#give(schedule.below(this.partitions), this.#anybody());
    if (schedule.chance(0.03)) this.#tellLosers();
    if (schedule.chance(0.02)) kafka.expireTransactions(TRANSACTION_TIMEOUT_MS);
    if (options.rollBacks && schedule.chance(options.rollBacks)) {
      this.slots.rollBack(schedule.below(this.partitions), schedule.random());
    }
    if (options.wipes && schedule.chance(0.003)) this.slots.empty(schedule.below(this.partitions));
    if (options.holds && schedule.chance(0.03)) this.slots.holdOrRelease(schedule.below(this.partitions));
    if (options.loseEmitted && schedule.chance(0.01)) kafka.loseEmitted(schedule.below(this.partitions));
    if (schedule.chance(0.012)) publishControl(kafka, schedule);
    if (options.lateSchemas && schedule.chance(0.02)) this.registry.away = !this.registry.away;
    if (options.retention && schedule.chance(0.02)) this.#retain(options.retention);
  }

  #makeAgain(which: 'input' | 'all'): void {
    const longest = Math.max(...this.kafka.next);
    this.kafka.makeAgain(which === 'all');
    this.published = 0;
    this.schedule.now += 1_000;
    // Longer than the old log in most partitions, before anybody looks.
    while (this.published < longest * this.partitions) this.#publish();
    for (const process of [...this.#processes]) this.#died(process);
  }

  #publish(): void {
    this.published += publishUpdates(this.kafka, this.schedule, this.published, this.options);
  }

  #appendAborted(): void {
    const value = encodeUpdate(1, { internal_task_id: 'task-0', error_count: 1_000 });
    this.kafka.append(this.schedule.below(this.partitions), { key: null, value }, 'aborted');
  }

  #retain(kind: 'safe' | 'nasty'): void {
    const partition = this.schedule.below(this.partitions);
    const watermark = this.slots.slot(partition).watermark ?? 0;
    const emitted = this.kafka.emitted(partition)?.offset ?? 0;
    const oldest = Math.min(watermark, this.slots.oldestWatermark(partition));
    this.kafka.truncate(partition, kind === 'safe' ? Math.min(emitted, oldest) : watermark);
  }

  #anybody(): Process {
    return this.#processes[this.schedule.below(this.#processes.length)]!;
  }

  /** A rebalance. The new owner starts at once; the old one hears of it later, and is a zombie until then. */
  #give(partition: number, process: Process): void {
    this.#owners[partition] = process;
    process.believes.add(partition);
    process.processor.assign(partition);
  }

  #tellLosers(): void {
    for (const process of this.#processes) {
      for (const partition of process.believes) {
        if (this.#owners[partition] === process) continue;
        process.believes.delete(partition);
        process.processor.lose(partition);
      }
    }
  }

  #died(process: Process): void {
    process.dead = true;
    this.#processes = this.#processes.map((one) => (one === process ? this.#boot() : one));
    this.#owners.forEach((owner, partition) => {
      if (owner === process) this.#give(partition, this.#anybody());
    });
  }

  #boot(): Process {
    const { schedule, options } = this;
    const other = options.otherFold !== undefined && this.#allClaimed() && schedule.chance(0.5);
    const caller: Caller = { dead: false };
    const believes = new Set<number>();
    const call: Call = (perform, { delayMs } = {}) =>
      schedule.call(caller, perform, delayMs === undefined ? {} : { delayMs });
    // A transactional producer's repeats are dropped by the broker (sequence numbers), and a repeated read is no matter;
    // Redis clients repeat what they send.
    const once: Call = (perform, { delayMs = 0 } = {}) =>
      schedule.call(caller, perform, { delayMs, faults: 'unrepeated' });
    const tail = () => schedule.chance(0.5);
    const ports: PipelinePorts = {
      inputLog: memoryInputLog(this.kafka, once, (partition) => believes.has(partition), tail),
      eventLog: memoryEventLog(this.kafka, once),
      slotStore: { ...memorySlotStore(this.slots, call), reportLive: async () => {} },
      decoder: other ? seeingErrors(memoryDecoder(this.registry, once)) : memoryDecoder(this.registry, once),
      encoder: memoryEncoder(TOPIC),
      membership: {
        nextHeartbeat: (partition) =>
          once(
            () => {
              if (!believes.has(partition)) throw new Fault('partition_lost', 'The partition is somebody else’s.');
            },
            { delayMs: 1_000 },
          ),
      },
      surroundings: {
        now: () => schedule.now,
        sleep: (ms) => schedule.call(caller, () => {}, { delayMs: ms, faults: 'crash' }),
        random: schedule.random,
      },
    };
    const context: PipelineContext = {
      ports: options.mutate ? options.mutate(ports, this) : ports,
      settings: {
        topic: TOPIC,
        owner: 'simulated',
        group: GROUP,
        fold_version: other && options.otherFold !== 'alike' ? FOLD_VERSION + 1 : FOLD_VERSION,
        given: {},
        fold: { ...FOLD_SETTINGS, ...(options.crowd ? { looks_max: 1 } : {}) },
        cache_tasks: 2,
        batch_records_max: 1 + schedule.below(options.crowd ? 40 : 5),
        fetch_wait_ms: 100,
        notices_page: 1 + schedule.below(4),
        pending_bytes_max: 600,
        mark_every_ms: 20_000,
        partition_count_every_ms: 60_000,
        live_every_ms: 1_000,
        resume_poll_ms: 60_000,
        backoff_ms_min: 200,
        backoff_ms_max: 2_000,
      },
      observer: {
        halted: (partition, { code }) =>
          void (other && code === 'fold_differs' ? this.refused++ : this.halts.push({ partition, code })),
      },
    };
    const process = Object.assign(caller, { believes, processor: createProcessor(context) });
    return process;
  }

  /** Whether other folds may come: none does before everything is pinned, nor when everything heals. */
  #allClaimed(): boolean {
    const partitions = Array.from({ length: this.partitions }, (_, p) => p);
    return !this.#healed && partitions.every((p) => this.kafka.emitted(p) !== null);
  }

  /** No more faults; a fresh process takes all partitions, and runs until everything is folded and sent. */
  async #heal(): Promise<void> {
    const { schedule, kafka } = this;
    schedule.rates = NO_FAULTS;
    this.registry.away = false;
    this.slots.held.clear();
    for (const process of this.#processes) process.dead = true;
    kafka.expireTransactions(0);
    this.#healed = true;
    const last = this.#boot();
    this.#processes = [last];
    this.haltsBefore.push(...this.halts.splice(0));
    for (let p = 0; p < this.partitions; p++) this.#give(p, last);
    for (let step = 0; step < 20_000 && !this.#settled(); step++) {
      if (step % 50 === 0) kafka.expireTransactions(TRANSACTION_TIMEOUT_MS);
      if (!(await schedule.step())) break;
    }
  }

  #settled(): boolean {
    for (let p = 0; p < this.partitions; p++) {
      if (this.halts.some(({ partition }) => partition === p)) continue;
      const lastVisible = this.kafka.visible(p).at(-1)?.offset ?? -1;
      const { watermark, notices, looks } = this.slots.slot(p);
      if (this.options.untilRetired && looks.size > 0) return false;
      const emitted = this.kafka.emitted(p);
      if (watermark === null || emitted === null || watermark <= lastVisible) return false;
      if (this.kafka.stableEnd(p) !== this.kafka.next[p]) return false;
      if (notices.some(({ offset }) => offset >= emitted.offset)) return false;
    }
    return true;
  }
}
