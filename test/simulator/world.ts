// A simulated world: some processes with the real pipeline and fold, Kafka, Redis and the registry in memory, a virtual
// clock, and one seed that decides who fails when. At the end everything heals, and the result is held against a plain
// fold of the log that is left.

import { FOLD_VERSION } from '../../src/domain/fold-settings.ts';
import type { PipelineContext, PipelinePorts } from '../../src/pipeline/context.ts';
import { createProcessor, type Processor } from '../../src/pipeline/processor.ts';
import { publishControl } from './controls.ts';
import { type GrowthFolder, type GrowthMutations, grow } from './growth.ts';
import { encodeUpdate, type MemoryRegistry } from './memory-codec.ts';
import { type Call, type KafkaMutations, MemoryKafka } from './memory-kafka.ts';
import { MemorySlots, type SlotMutations } from './memory-slot-store.ts';
import { portsOf, settingsOf, TOPIC } from './process-parts.ts';
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
  /** the input topic gets more partitions, by a command that dies and is run again */
  readonly grows?: boolean;
  readonly growth?: GrowthMutations;
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

const RATES: FaultRates = { crash: 0.02, lostRequest: 0.02, lostReply: 0.03, repeated: 0.02 };
const TRANSACTION_TIMEOUT_MS = 10_000;
/** Steps before the topic grows. */
const GROWS_FROM = 200;

export class World {
  readonly schedule: Schedule;
  readonly kafka: MemoryKafka;
  readonly slots: MemorySlots;
  readonly registry: MemoryRegistry = { away: false, knowsLate: false };
  readonly options: WorldOptions;
  published = 0;
  /** what a growth has written down, if one has begun */
  growth: GrowthFolder | null = null;
  #growing: Caller | null = null;
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
    const partitions = 2 + schedule.below(2);
    this.kafka = new MemoryKafka(
      TOPIC,
      partitions,
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

  get partitions(): number {
    return this.kafka.partitions;
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
      this.#happen(step);
      await schedule.step();
    }
    await this.#heal();
  }

  #happen(step: number): void {
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
    if (!options.grows && schedule.chance(0.012)) publishControl(kafka, schedule);
    if (options.grows && step > GROWS_FROM && schedule.chance(0.05)) this.#grow();
    if (options.lateSchemas && schedule.chance(0.02)) this.registry.away = !this.registry.away;
    if (options.retention && schedule.chance(0.02)) this.#retain(options.retention);
  }

  /** Runs the command, unless it runs or is through; somebody gets the new partitions. */
  #grow(): void {
    const { schedule, kafka, slots, options } = this;
    for (let p = this.#owners.length; p < this.partitions; p++) this.#give(p, this.#anybody());
    if (this.#growing !== null || this.growth?.done || (this.growth === null && !this.#allClaimed())) return;
    const to = this.partitions + 1 + schedule.below(3);
    this.growth ??= { id: 'grown', from: this.partitions, to, copies: new Map() };
    const caller: Caller = { dead: false };
    this.#growing = caller;
    const { from } = this.growth;
    const call: Call = (perform, { delayMs = 0 } = {}) =>
      schedule.call(caller, perform, { delayMs, faults: 'unrepeated' });
    const ports = portsOf(this, caller, call, () => true, false);
    const inputLog = { ...ports.inputLog, partitionCount: async () => from };
    const contextOf = (growing: string | undefined): PipelineContext => {
      const settings = { ...settingsOf(this, FOLD_VERSION), ...(growing === undefined ? {} : { growing }) };
      const slotStore = { ...ports.slotStore, isHeld: async () => false };
      return { ports: { ...ports, inputLog, slotStore }, settings, observer: {} };
    };
    const over = () => this.#letGo();
    void grow(this.growth, contextOf, slots, kafka, call, options.growth).then(over, over);
  }

  /** The command is gone, and its holds lapse. */
  #letGo(): void {
    this.#growing = null;
    this.slots.held.clear();
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
    if (process === this.#growing) this.#letGo();
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
    // A transactional producer's repeats are dropped by the broker (sequence numbers), and a repeated read is no matter;
    // Redis clients repeat what they send.
    const once: Call = (perform, { delayMs = 0 } = {}) =>
      schedule.call(caller, perform, { delayMs, faults: 'unrepeated' });
    const ports = portsOf(this, caller, once, (partition) => believes.has(partition), other);
    const context: PipelineContext = {
      ports: options.mutate ? options.mutate(ports, this) : ports,
      settings: settingsOf(this, other && options.otherFold !== 'alike' ? FOLD_VERSION + 1 : FOLD_VERSION),
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
    for (let step = 0; this.options.grows && !this.growth?.done && step < 20_000; step++) {
      // A slot that is behind its C has to be folded on in between.
      if (step % 300 === 0) this.#grow();
      if (step % 50 === 0) kafka.expireTransactions(TRANSACTION_TIMEOUT_MS);
      await schedule.step();
    }
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
