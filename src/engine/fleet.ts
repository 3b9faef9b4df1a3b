// The simulated fleet: a pure model of engines that work on tasks, in virtual time, drawn from one seed. It makes the
// records that the engines publish, in the order of the log, each with what it stands for; publishing them is simulation.ts'
// job.

import { crc32 } from 'node:zlib';
import { homeOf } from '../domain/home.ts';
import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import type { FleetRecord, FleetTask } from './deed.ts';
import { FaultDice, type FaultShares } from './fault.ts';
import { FLAWS } from './flaw.ts';
import { type FleetEngine, makeEngine } from './fleet-engine.ts';
import { Lane, type Post } from './fleet-lane.ts';
import { LateRecords } from './late-records.ts';
import { Random } from './random.ts';

/** How often a live instance reports, seconds. */
export const HEARTBEAT_S = 5;
const LANES_OF_TASK_MAX = 4;
const TASKS_OF_JOB = 4;
const BATCH_UPDATES_MAX = 8;
const RECORD_IS_FLAWED = 0.001;

export interface FleetOptions {
  readonly seed: number;
  /** at least 1 */
  readonly engines: number;
  /** at least 1; a task that never gets its turn within `updates` is never heard of */
  readonly tasks: number;
  /** how many records the fleet makes in all */
  readonly updates: number;
  /** of the input topic */
  readonly partitions: number;
  /** virtual time at the start, UTC epoch seconds */
  readonly started_at: number;
  /** how many instances work at once, at least 1; default: a fourth of the tasks, or the engines where those are more */
  readonly lanes?: number;
  /** no flawed record, and every engine keys as the contract asks */
  readonly tidy?: boolean;
  /** faults of senders; default none */
  readonly faults?: FaultShares;
  /** the most updates that a chunk engine's batch has, at least 2; default 8 */
  readonly batch_updates_max?: number;
  /** what all engines are like, where that shall not be drawn */
  readonly engines_are?: Partial<Pick<FleetEngine, 'kind' | 'figures' | 'inputs' | 'outputs' | 'stats'>>;
}

/** How long the run of such a fleet is in virtual time, in seconds. */
export function virtualSecondsOf(options: Pick<FleetOptions, 'engines' | 'tasks' | 'updates' | 'lanes'>): number {
  return Math.ceil((options.updates / lanesOf(options)) * HEARTBEAT_S);
}

function lanesOf({ engines, tasks, lanes }: Pick<FleetOptions, 'engines' | 'tasks' | 'lanes'>): number {
  return lanes ?? Math.min(tasks, Math.max(engines, Math.ceil(tasks / 4)));
}

export class Fleet {
  readonly #options: FleetOptions;
  readonly #random: Random;
  readonly #dice: FaultDice;
  readonly #engines: FleetEngine[];
  readonly #lanesWanted: number;
  // Two halves of a ring: each lane has its turn once a round, which is one heartbeat of virtual time.
  #round: Lane[] = [];
  #nextRound: Lane[] = [];
  #place = 0;
  #lanes = 0;
  #lanesOpened = 0;
  /** has another turn within the same second */
  #again: Lane | null = null;
  /** virtual time: `#lanesWanted` of them are one heartbeat */
  #turns = 0;
  #roundBegan = 0;
  #tasksOpened = 0;
  #job = '';
  /** records made so far */
  made = 0;
  /** updates that the open lanes still mean to make */
  #planned = 0;
  /** in the log by now */
  readonly #ready: FleetRecord[] = [];
  readonly #late = new LateRecords();
  #flaws = 0;

  /** @throws RangeError where the shares of faults make no sense */
  constructor(options: FleetOptions) {
    this.#options = options;
    this.#dice = new FaultDice(options.seed, options.faults ?? {});
    this.#random = new Random(options.seed);
    this.#lanesWanted = lanesOf(options);
    this.#engines = Array.from({ length: options.engines }, (_, index) => ({
      ...makeEngine(index, options.partitions, this.#random, options.tidy ?? false),
      ...options.engines_are,
    }));
  }

  /**
   * The next record in the order of the log; null when all `updates` are made, or nobody is left to make one, because all
   * have died.
   */
  next(): FleetRecord | null {
    const record = this.#ready.shift() ?? this.#nextOfTurns();
    if (record) this.made++;
    return record;
  }

  #nextOfTurns(): FleetRecord | null {
    for (;;) {
      // What is under way belongs to the updates that were asked for.
      const lane = this.#isEnough() ? null : this.#nextLane();
      const late = this.#late.take(lane ? this.#logTime() : Number.POSITIVE_INFINITY);
      if (late) {
        this.#again = lane;
        return late;
      }
      if (!lane) return null;
      this.#turn(lane);
      const record = this.#ready.shift();
      if (record) return record;
    }
  }

  #isEnough(): boolean {
    return this.made + this.#ready.length + this.#late.size >= this.#options.updates;
  }

  /** Whose turn it is; null where no lane is left. */
  #nextLane(): Lane | null {
    const again = this.#again;
    this.#again = null;
    if (again) return again;
    while (this.#lanes < this.#lanesWanted && this.#tasksOpened < this.#options.tasks) this.#openTask();
    if (this.#place === this.#round.length) {
      if (this.#nextRound.length === 0) return null;
      this.#round = this.#nextRound;
      this.#nextRound = [];
      this.#place = 0;
      // Where only a few lanes are left, a round still takes a heartbeat's time.
      this.#turns = Math.max(this.#turns, this.#roundBegan + this.#lanesWanted);
      this.#roundBegan = this.#turns;
    }
    this.#turns++;
    return this.#round[this.#place++]!;
  }

  #now(): number {
    return this.#options.started_at + Math.floor((this.#turns * HEARTBEAT_S) / this.#lanesWanted);
  }

  /** Virtual time, ms. */
  #logTime(): number {
    return this.#options.started_at * 1_000 + Math.floor((this.#turns * HEARTBEAT_S * 1_000) / this.#lanesWanted);
  }

  #turn(lane: Lane): void {
    if (lane.wait > 0) {
      lane.wait--;
      this.#nextRound.push(lane);
      return;
    }
    this.#keepBusy(lane);
    this.#planned -= lane.left;
    const posts = lane.turn(this.#now(), this.#random);
    this.#planned += lane.left;
    if (lane.done) this.#lanes--;
    else if (lane.again) this.#again = lane;
    else this.#nextRound.push(lane);
    let addressed: FleetRecord | null = null;
    for (const post of posts) {
      if (this.#isEnough()) break;
      // What lies in the log twice lies twice in one place.
      addressed = { ...(addressed ?? this.#addressed(post)), log_time: this.#logTime() + post.delay_s * 1_000 };
      if (post.delay_s === 0) this.#ready.push(addressed);
      else this.#late.add(addressed);
    }
    const [post] = posts;
    if (post && !this.#options.tidy && this.#random.chance(RECORD_IS_FLAWED)) {
      const flawed = this.#makeFlawed(post.update, post.deed.task);
      if (flawed && !this.#isEnough()) this.#ready.push(flawed);
    }
  }

  /** Opens the next task with its share of the updates that are left, more or less. */
  #openTask(): void {
    const { updates, tasks, partitions } = this.#options;
    const random = this.#random;
    const mean = Math.max(0, updates - this.made - this.#planned) / (tasks - this.#tasksOpened);
    const share = Math.max(1, Math.round((mean * random.between(40, 160)) / 100));
    if (this.#tasksOpened % TASKS_OF_JOB === 0) this.#job = random.uuid();
    const internal_task_id = random.uuid();
    const task: FleetTask = {
      internal_task_id,
      internal_job_id: this.#job,
      engine: this.#engines[this.#tasksOpened % this.#engines.length]!,
      home: homeOf(internal_task_id, partitions),
      trouble: null,
      beats: 0,
      work_request_id: null,
      faults: new Map(),
      unclear_priors: 0,
    };
    this.#tasksOpened++;
    this.#planned += share;
    const plans =
      task.engine.kind === 'stream'
        ? [attempts(share, random)]
        : batches(share, this.#options.batch_updates_max ?? BATCH_UPDATES_MAX, random);
    for (const stints of plans) {
      this.#nextRound.push(new Lane(task, stints, this.#now(), random, this.#dice, this.#lanesOpened++));
      this.#lanes++;
    }
  }

  /** Where all tasks are given out and updates are left, those who would end go on: the fleet makes what it was asked for. */
  #keepBusy(lane: Lane): void {
    if (!lane.isEnding || this.#tasksOpened < this.#options.tasks) return;
    const missing = this.#options.updates - this.made - this.#planned;
    if (missing <= 0) return;
    const more = Math.min(missing, 4);
    lane.extend(more);
    this.#planned += more;
  }

  #addressed({ update, deed, instance }: Post): FleetRecord {
    const { task } = deed;
    const { engine, internal_task_id } = task;
    const { partitions } = this.#options;
    const rest = { update, flaw: null, deed, task, instance, log_time: this.#logTime() };
    switch (engine.keying) {
      case 'task_id':
        return { key: internal_task_id, partition: null, ...rest };
      case 'other_partitioner':
        return { key: internal_task_id, partition: crc32(internal_task_id) % partitions, ...rest };
      case 'no_key':
        return { key: null, partition: this.#random.below(partitions), ...rest };
      case 'no_key_one_partition':
        return { key: null, partition: engine.partition, ...rest };
    }
  }

  /** A bad record beside a sound one: the sender's bookkeeping knows nothing of it. */
  #makeFlawed(sound: TaskStatusDetail, task: FleetTask): FleetRecord | null {
    if (task.engine.keying !== 'task_id') return null;
    const flaw = FLAWS[this.#flaws++ % FLAWS.length]!;
    const update = { ...sound, create_jobs_action: null };
    const bad = { flaw, deed: null, instance: null, log_time: this.#logTime() };
    if (flaw === 'internal_task_id_missing') {
      const partition = this.#random.below(this.#options.partitions);
      return { ...bad, key: null, partition, update: { ...update, internal_task_id: null }, task: null };
    }
    const addressed = { key: task.internal_task_id, partition: null };
    if (flaw === 'negative_number') return { ...bad, ...addressed, update: { ...update, error_count: -1 }, task };
    return { ...bad, ...addressed, update, task: null };
  }
}

/** How one stream instance divides its updates: one attempt, or several where all but the last fail. */
function attempts(updates: number, random: Random): number[] {
  const count = updates >= 4 && random.chance(0.08) ? random.between(2, Math.min(4, Math.floor(updates / 2))) : 1;
  return divided(updates, count);
}

/** How several chunk instances divide a task's updates, each in batches of two to `most`. */
function batches(updates: number, most: number, random: Random): number[][] {
  return divided(updates, Math.min(updates, random.between(1, LANES_OF_TASK_MAX))).map((share) => {
    const stints: number[] = [];
    for (let left = share; left > 0; left -= stints.at(-1)!) stints.push(Math.min(left, random.between(2, most)));
    return stints;
  });
}

function divided(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, part) => Math.floor((total + part) / parts));
}
