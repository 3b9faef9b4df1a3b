// Redis as the protocol sees it, in memory: one slot a partition, a save that is one step, and copies of every slot's
// past, so that a failover can take it back.

import type { SlotHead } from '../../src/domain/head.ts';
import type { Look } from '../../src/domain/looks.ts';
import type { Notice } from '../../src/domain/notice.ts';
import type { RollUp, RollUpKind } from '../../src/domain/roll-up.ts';
import type { TaskChange, TaskError, TaskState } from '../../src/domain/task-state.ts';
import { generationOf, type KnownTask, Tombstone } from '../../src/domain/tombstone.ts';
import { Fault } from '../../src/pipeline/errors.ts';
import type { RecordFingerprint, SaveOutcome, SlotLive, SlotSave, SlotStore } from '../../src/pipeline/ports.ts';
import { copyOf, keptCopy } from './copy-of.ts';
import { writePlaces, writeRollUp, writeWorkRequests } from './memory-indexes.ts';
import { type Call, callNow } from './memory-kafka.ts';

interface StoredTask {
  task: TaskState;
  errors: TaskError[];
  task_output?: string | undefined;
}

/** All of a slot that the fold reads or writes. */
export interface Slot {
  head: SlotHead | null;
  watermark: number | null;
  fingerprint: RecordFingerprint | null;
  saving: string | null;
  tasks: Map<string, StoredTask>;
  /** `look_at` by internal_task_id */
  looks: Map<string, number>;
  /** the sorted sets that lists are made of: those of the slot by their names, those of engines by `engine <id>`; none is empty */
  places: Map<string, Map<string, number>>;
  /** work request → the ids of the tasks that it leads to; none is empty */
  workRequests: Map<string, Set<string>>;
  /** shares of jobs and engines, by id */
  rollUps: { [kind in RollUpKind]: Map<string, RollUp> };
  /** the ids of each job's tasks */
  jobTasks: Map<string, Set<string>>;
  /** generation → ids */
  tombstones: Map<number, Set<string>>;
  notices: Notice[];
}

export const EMPTY: Slot = {
  head: null,
  watermark: null,
  fingerprint: null,
  saving: null,
  tasks: new Map(),
  looks: new Map(),
  places: new Map(),
  workRequests: new Map(),
  rollUps: noRollUps(),
  jobTasks: new Map(),
  tombstones: new Map(),
  notices: [],
};
export function noRollUps(): Slot['rollUps'] {
  return { internal_job_id: new Map(), engine_id: new Map() };
}
const HISTORY_MAX = 30;

export interface SlotMutations {
  /** saves whatever W is */
  noCompare?: boolean;
  /** 0–1: how often a save stops after some of its writes */
  tear?: () => boolean;
  /** a torn save leaves no mark */
  noSavingMark?: boolean;
}

export class MemorySlots {
  readonly #slots = new Map<number, Slot>();
  readonly #history = new Map<number, Slot[]>();
  readonly live = new Map<number, SlotLive>();
  readonly resume = new Set<number>();
  /** partitions whose slot an operator's tool holds still */
  readonly held = new Set<number>();
  readonly #mutations: SlotMutations;

  constructor(mutations: SlotMutations = {}) {
    this.#mutations = mutations;
  }

  slot(partition: number): Slot {
    let slot = this.#slots.get(partition);
    if (slot === undefined) {
      slot = copyOf(EMPTY);
      this.#slots.set(partition, slot);
    }
    return slot;
  }

  holdOrRelease(partition: number): void {
    if (!this.held.delete(partition)) this.held.add(partition);
  }

  /** A failover to an older copy; `age` 0–1, 1 the oldest that is kept. */
  rollBack(partition: number, age: number): void {
    const history = this.#history.get(partition) ?? [];
    const copy = history[Math.floor((1 - age) * (history.length - 1))];
    if (copy !== undefined) this.#slots.set(partition, keptCopy(copy));
  }

  /** The lowest W that a roll-back can bring. */
  oldestWatermark(partition: number): number {
    return Math.min(...(this.#history.get(partition) ?? []).map(({ watermark }) => watermark ?? 0));
  }

  /** Redis came back empty. */
  empty(partition: number): void {
    this.#slots.delete(partition);
    this.#history.delete(partition);
  }

  /** Puts a whole slot in the place of what is there. */
  load(partition: number, slot: Slot): void {
    this.empty(partition);
    this.#slots.set(partition, copyOf(slot));
    this.#keep(partition);
  }

  /** @param save belongs to the slot from then on: nobody changes it any more */
  save(partition: number, save: SlotSave): SaveOutcome {
    const slot = this.slot(partition);
    if (slot.saving !== null) throw new Fault('torn_save', `A save up to ${slot.saving} was torn.`);
    const sameLife =
      slot.head?.pins.incarnation === save.head.pins.incarnation && slot.head.clock.log_time === save.expect_log_time;
    const ours = slot.watermark === save.expect && sameLife;
    if (!ours && !this.#mutations.noCompare) return { outcome: 'refused', watermark: slot.watermark };
    if (this.held.has(partition)) return { outcome: 'held' };
    const torn = this.#mutations.tear?.() ?? false;
    const changes = torn ? save.changes.slice(0, Math.ceil(save.changes.length / 2)) : save.changes;
    for (const change of changes) writeChange(slot, change, save.head.settings.errors_kept);
    if (torn) {
      if (!this.#mutations.noSavingMark) slot.saving = String(save.to);
      throw new Fault('service_unavailable', 'simulated: the save script stopped after a write');
    }
    for (const change of save.rollUps) writeRollUp(slot, change);
    slot.head = save.head;
    slot.watermark = save.to;
    slot.fingerprint = save.fingerprint ?? slot.fingerprint;
    for (const [id, generation] of save.tombstones) {
      slot.tombstones.set(generation, (slot.tombstones.get(generation) ?? new Set()).add(id));
    }
    slot.notices.push(...save.notices);
    this.#keep(partition);
    return { outcome: 'saved' };
  }

  begin(partition: number, watermark: number, head: SlotHead): boolean {
    const slot = this.slot(partition);
    if (slot.head !== null) return false;
    const indexed =
      slot.looks.size + slot.places.size + slot.rollUps.internal_job_id.size + slot.rollUps.engine_id.size;
    if (slot.notices.length + indexed > 0) {
      throw new Fault('torn_save', 'The slot has an outbox or tasks, and no head.');
    }
    slot.head = copyOf(head);
    slot.watermark = watermark;
    this.#keep(partition);
    return true;
  }

  trim(partition: number, incarnation: string, emitted: number): void {
    const slot = this.slot(partition);
    if (slot.head?.pins.incarnation !== incarnation) return;
    slot.notices = slot.notices.filter(({ offset }) => offset >= emitted);
    this.#keep(partition);
  }

  dropTombstones(partition: number, incarnation: string, generation: number): void {
    const { head, tombstones } = this.slot(partition);
    if (head?.pins.incarnation !== incarnation) return;
    if (generationOf(head) >= generation + 2) tombstones.delete(generation);
  }

  #keep(partition: number): void {
    const history = this.#history.get(partition) ?? [];
    history.push(keptCopy(this.slot(partition)));
    if (history.length > HISTORY_MAX) history.shift();
    this.#history.set(partition, history);
  }
}

function writeChange(slot: Slot, change: TaskChange, errorsKept: number): void {
  const { task, errors, task_output, retired, begins_anew } = change;
  const id = task.internal_task_id;
  writePlaces(slot.places, change);
  writeWorkRequests(slot.workRequests, change);
  if (retired || begins_anew) for (const part of [slot.tasks, slot.looks]) part.delete(id);
  if (retired) return;
  const stored = slot.tasks.get(id);
  slot.tasks.set(id, {
    task,
    errors: keptErrors(stored?.errors ?? [], errors, errorsKept),
    task_output: task_output ?? stored?.task_output,
  });
  if (change.look_changed) slot.looks.set(id, task.look_at);
}

/** What a task keeps of errors: it is looked at only when some are added. */
export function keptErrors(before: TaskError[], added: readonly TaskError[], max: number): TaskError[] {
  const all = [...before, ...added];
  return added.length === 0 ? before : all.slice(Math.max(0, all.length - max));
}

function knownTask({ tasks, tombstones }: Slot, id: string, generation: number | null): KnownTask {
  const stored = tasks.get(id);
  if (stored !== undefined) return copyOf(stored.task);
  if (generation === null) return null;
  const found = [generation, generation - 1].find((one) => tombstones.get(one)?.has(id));
  return found === undefined ? null : new Tombstone(found);
}

export function memorySlotStore(slots: MemorySlots, call: Call = callNow): SlotStore {
  return {
    claim: (partition) =>
      call(() => {
        const { head, watermark, fingerprint, saving } = slots.slot(partition);
        return copyOf({ head, watermark, fingerprint, saving });
      }),
    begin: (partition, watermark, head) => call(() => slots.begin(partition, watermark, head)),
    readTasks: (partition, ids, generation) =>
      call(() => {
        const slot = slots.slot(partition);
        return { watermark: slot.watermark, tasks: ids.map((id) => knownTask(slot, id, generation)) };
      }),
    readRollUps: (partition, names) =>
      call(() => {
        const { watermark, rollUps } = slots.slot(partition);
        return { watermark, rollUps: names.map(({ kind, id }) => copyOf(rollUps[kind].get(id) ?? null)) };
      }),
    readLooks: (partition, before, max) =>
      call(() => {
        const { watermark, looks } = slots.slot(partition);
        const due = [...looks].filter(([, at]) => at < before);
        due.sort(([a, one], [b, other]) => one - other || Buffer.compare(Buffer.from(a), Buffer.from(b)));
        const all = due.map(([internal_task_id, at]): Look => ({ internal_task_id, at }));
        return { watermark, looks: all.slice(0, max) };
      }),
    dropTombstones: (partition, incarnation, generation) =>
      call(() => slots.dropTombstones(partition, incarnation, generation)),
    readNotices: (partition, from, max) =>
      call(() => {
        const slot = slots.slot(partition);
        const pending = slot.notices.filter(({ offset }) => offset >= from);
        const notices = pending.slice(0, max);
        const log_time = slot.head?.clock.log_time ?? null;
        return copyOf({ watermark: slot.watermark, log_time, notices, more: pending.length > max });
      }),
    save: (partition, save) => {
      // What is sent is fixed when it is sent, however late it arrives.
      const sent = copyOf(save);
      return call(() => slots.save(partition, sent));
    },
    isHeld: (partition) => call(() => slots.held.has(partition)),
    trim: (partition, incarnation, emitted) => call(() => slots.trim(partition, incarnation, emitted)),
    clear: (partition) => call(() => slots.empty(partition)),
    reportLive: (partition, live) => call(() => void slots.live.set(partition, live)),
    readLive: (partition) => call(() => slots.live.get(partition) ?? null),
    requestResume: (partition) => call(() => void slots.resume.add(partition)),
    takeResume: (partition) => call(() => slots.resume.delete(partition)),
  };
}
