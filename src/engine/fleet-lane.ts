// One place of work on a task of the simulated fleet: an instance that goes through stints, each under a work request of
// its own. A chunk engine's stint is a batch that ends with task_output; a stream engine's stint is an attempt at the task.

import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import type { TaskStatus } from '../domain/task-state.ts';
import { type Deed, type FleetTask, hit } from './deed.ts';
import type { Fate, Fault, FaultDice } from './fault.ts';
import { type DrawnBeat, drawBeat } from './lane-beats.ts';
import { LaneSender } from './lane-sender.ts';
import type { Random } from './random.ts';

/** Probability that an ordinary post fails to arrive, in every fleet. */
const ORDINARY_POST_FAILS = 0.01;
const TALKS_AFTER_THE_END = 0.03;
/** Where senders have faults, also what looks like one and is none. */
const JOB_IS_WANTED_TWICE = 0.1;
/** How far ahead the clock is for one post, seconds. */
const CLOCK_AHEAD_S = 60;

/** An update on its way to the log. */
export interface Post {
  readonly update: TaskStatusDetail;
  readonly deed: Deed;
  /** seconds until it is in the log */
  readonly delay_s: number;
  readonly instance: string;
}

const NO_POSTS: readonly Post[] = [];

export class Lane {
  readonly task: FleetTask;
  /** how many updates each stint has, at least 1 */
  readonly #stints: number[];
  readonly #dice: FaultDice;
  readonly #number: number;
  #stint = 0;
  #beat = 0;
  #afterTheEnd = false;
  #sender: LaneSender;
  /** the beat that ends the stint, while no post of it is acknowledged: it is posted until one is */
  #unfinished: DrawnBeat | null = null;
  #died = false;
  #restarts = 0;
  /** how much its clock is off, seconds */
  #skew = 0;
  /** turns to sit out before the next beat: a retry comes some time after the failure */
  wait = 0;
  /** beats that it still means to have */
  left: number;
  /** it has another turn within the same second */
  again = false;

  /** @param number of the lane in its fleet */
  constructor(task: FleetTask, stints: number[], now: number, random: Random, dice: FaultDice, number: number) {
    this.task = task;
    this.#stints = stints;
    this.#dice = dice;
    this.#number = number;
    this.left = stints.reduce((sum, updates) => sum + updates, 0);
    this.#sender = this.#newSender(now - random.between(1, 5), random);
  }

  get done(): boolean {
    return this.#died || this.#stint === this.#stints.length;
  }

  get #isLastOfStint(): boolean {
    return this.#beat === this.#stints[this.#stint]! - 1;
  }

  /** Whether the next beat is the last of the lane. */
  get isEnding(): boolean {
    return (
      !this.#afterTheEnd && this.#unfinished === null && this.#stint === this.#stints.length - 1 && this.#isLastOfStint
    );
  }

  /** Makes the current stint longer. */
  extend(updates: number): void {
    this.#stints[this.#stint]! += updates;
    this.left += updates;
  }

  /**
   * The next heartbeat, or the update when work ends, and what becomes of it: none where it was never published, two where
   * it lies in the log twice.
   * @param now UTC epoch seconds
   */
  turn(now: number, random: Random): readonly Post[] {
    this.again = false;
    const sender = this.#sender;
    if (this.#dice.any && this.#isStruck(now)) return NO_POSTS;
    const clock = this.#clock(now);
    const isNew = this.#unfinished === null;
    const beat = this.#unfinished ?? this.#draw(random);
    if (isNew) this.#sender.record(beat);
    const update = this.#sender.compose(clock);
    if (isNew && beat.ordinary && random.chance(ORDINARY_POST_FAILS)) {
      this.#sender.failed();
      return NO_POSTS;
    }
    if (isNew) this.left--;
    const fate = this.#dice.fate();
    if (fate !== null) hit(this.task, fate);
    const posts = fate === 'lost_request' ? NO_POSTS : this.#post(update, fate);
    this.#answer(beat, fate, now, random);
    this.again = !this.done && this.#sender === sender && this.#strikes('same_second');
    return posts;
  }

  #draw(random: Random): DrawnBeat {
    const place = {
      firstOfStint: this.#beat === 0,
      lastOfStint: this.#isLastOfStint,
      ending: this.isEnding,
      retries: this.#stint > 0,
      afterTheEnd: this.#afterTheEnd,
      doublesJob: this.#dice.any && this.#dice.random.chance(JOB_IS_WANTED_TWICE),
    };
    return drawBeat(this.task, place, random);
  }

  #post(update: TaskStatusDetail, fate: Fate | null): readonly Post[] {
    const dice = this.#dice;
    this.#sender.published(update);
    const deed: Deed = {
      task: this.task,
      beats: this.#sender.unacknowledged,
      timestamp: update.timestamp!,
      work_request_id: this.#sender.work_request_id,
      ends: this.#isLastOfStint,
    };
    let delay_s = 0;
    if (fate === 'late') delay_s = dice.random.between(6, 26);
    else if (fate === 'overtaken') delay_s = dice.random.between(1, 20);
    const instance = this.#restarts === 0 ? `${this.#number}` : `${this.#number}.${this.#restarts}`;
    const post: Post = { update, deed, delay_s, instance };
    if (!this.#strikes('duplicate')) return [post];
    return [post, { ...post, delay_s: delay_s + dice.random.between(0, 12) }];
  }

  /** What the sender makes of the answer. */
  #answer(beat: DrawnBeat, fate: Fate | null, now: number, random: Random): void {
    if (fate === null || fate === 'overtaken') {
      this.#sender.acknowledged();
      this.#unfinished = null;
      this.#advance(beat.says, now, random);
      return;
    }
    this.#sender.failed();
    if (this.#isLastOfStint) this.#unfinished = beat;
    else this.#beat++;
  }

  #advance(said: TaskStatus, now: number, random: Random): void {
    if (!this.#afterTheEnd && this.isEnding && said === 'complete' && random.chance(TALKS_AFTER_THE_END)) {
      this.#afterTheEnd = true;
      return;
    }
    if (!this.#isLastOfStint) {
      this.#beat++;
      return;
    }
    this.#stint++;
    this.#beat = 0;
    if (this.done) return;
    if (said === 'failed') this.wait = random.between(2, 6);
    this.#sender = this.#newSender(now + this.#skew, random);
  }

  #newSender(started_at: number, random: Random): LaneSender {
    const { task } = this;
    let work_request_id = random.uuid();
    const other = task.work_request_id;
    // A stream engine has one instance at a time, so nobody to mistake itself for.
    const hasOther = task.engine.kind === 'chunk' && other !== null && other !== this.#sender?.work_request_id;
    if (hasOther && this.#strikes('two_writers')) work_request_id = other;
    task.work_request_id = work_request_id;
    return new LaneSender(task, work_request_id, started_at, this.#dice.any);
  }

  /** What happens to the process before its turn; true where it then says nothing. */
  #isStruck(now: number): boolean {
    const { random } = this.#dice;
    if (this.#beat === 0 && this.#unfinished === null) {
      if (this.#sender.unacknowledged.length === 0 && this.#strikes('zero_second'))
        this.#sender.startAt(now + this.#skew);
      return false;
    }
    if (this.#strikes('died')) {
      this.#died = true;
      this.left = 0;
      return true;
    }
    if (this.#strikes('pause')) {
      this.wait = random.between(8, 12);
      return true;
    }
    // A restart that forgot how the task ended would be another story than the one that the truth tells.
    if (this.#unfinished === null && this.#sender.mayForget) {
      const restarted_at = now + this.#skew - random.between(1, 4);
      if (this.#strikes('restart_same')) {
        this.#restarts++;
        this.#sender.restart(random.chance(0.5) ? null : restarted_at);
      } else if (this.#strikes('restart_new')) {
        this.#restarts++;
        this.#sender = this.#newSender(restarted_at, random);
      }
    }
    return false;
  }

  #clock(now: number): number {
    if (!this.#dice.any) return now;
    if (this.#strikes('clock_back')) this.#skew -= this.#dice.random.between(2, 22);
    return now + this.#skew + (this.#strikes('clock_ahead') ? CLOCK_AHEAD_S : 0);
  }

  #strikes(fault: Fault): boolean {
    if (!this.#dice.strikes(fault)) return false;
    hit(this.task, fault);
    return true;
  }
}
