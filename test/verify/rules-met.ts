// Which rules of docs/fold.md a random stream comes upon, as the plain fold shows it: streams that do not meet a rule say
// nothing of it.

import type { PlainFold } from '../../src/cli/verify/plain-fold.ts';
import { lastHeardOpen } from '../../src/cli/verify/plain-liveness.ts';
import type { PlainVerdict } from '../../src/cli/verify/plain-record.ts';
import { PLAIN_KINDS } from '../../src/cli/verify/plain-roll-ups.ts';
import type { PlainTask } from '../../src/cli/verify/plain-task.ts';

export class RulesMet {
  readonly #fold: PlainFold;
  readonly #met: Set<string>;
  readonly #retired = new Set<string>();
  readonly #rollUps = { internal_job_id: new Set<string>(), engine_id: new Set<string>() };

  constructor(fold: PlainFold, met: Set<string>) {
    this.#fold = fold;
    this.#met = met;
  }

  /** After each record. */
  look({ outcome, events }: PlainVerdict): void {
    const { clock, tasks, retired } = this.#fold;
    this.#met.add(outcome ?? 'tick or control');
    for (const event of events) {
      if (event.kind === 'failure') this.#met.add(event.failure);
      if (event.kind === 'reject') this.#met.add(event.reason);
    }
    for (const kind of PLAIN_KINDS) {
      const { [kind]: byId } = this.#fold.rollUps.byId;
      for (const id of this.#rollUps[kind]) if (!byId.has(id)) this.#met.add(`${kind} dropped`);
      for (const [id, { retired: gone }] of byId) {
        this.#rollUps[kind].add(id);
        if (gone.size > 0) this.#met.add(`retired of ${kind}`);
      }
    }
    if (outcome === null && events.length > 0) this.#met.add('notice of no update');
    for (const id of retired.tombstones.keys()) this.#retired.add(id);
    for (const [kind, count] of Object.entries(this.#fold.settings.controls)) if (count > 0) this.#met.add(kind);
    if (retired.start.number > 0) this.#met.add('generations counted on');
    if (retired.tasks > 0) this.#met.add('retired');
    for (const task of tasks.values()) {
      this.#lookAt(task);
      if (this.#retired.has(task.internal_task_id)) this.#met.add('begun anew');
      if (task.look_at < clock.now) this.#met.add('looks_max');
    }
  }

  #lookAt(task: PlainTask): void {
    const { clock } = this.#fold;
    this.#met.add(task.liveness);
    for (const mark of task.marks.keys()) this.#met.add(mark);
    if (task.ios_dropped > 0) this.#met.add('ios_dropped');
    if (task.reporters_base.size > 0) this.#met.add('reporters_base');
    if (task.liveness !== 'reporting' && task.liveness !== 'stalled') return;
    const silentSince = lastHeardOpen(task)![1].heard_at + this.#fold.settings.now.silence_after_s * 1_000;
    if (silentSince < clock.now && clock.now <= clock.alarms_after) this.#met.add('alarms_after');
  }
}
