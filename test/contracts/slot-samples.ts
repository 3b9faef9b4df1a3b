// Plain heads, tasks and notices for the contract suite of SlotStore; arbitrary-slots.ts has those that surprise.

import { newTask } from '../../src/domain/evolve.ts';
import { DEFAULT_FOLD_SETTINGS } from '../../src/domain/fold-settings.ts';
import { newHead, type SlotHead, type SlotPins } from '../../src/domain/head.ts';
import type { Side } from '../../src/domain/io-counters.ts';
import type { Notice } from '../../src/domain/notice.ts';
import { newReporter, type Reporter } from '../../src/domain/reporter.ts';
import type { IoState, TaskChange, TaskState } from '../../src/domain/task-state.ts';

export function pinsOf(incarnation = 'first-life'): SlotPins {
  return { origin: 0, incarnation, partition_count: 12, fold_version: 1, settings: DEFAULT_FOLD_SETTINGS };
}

export function headOf(incarnation?: string): SlotHead {
  return newHead(pinsOf(incarnation));
}

export function taskOf(internal_task_id: string, offset: number, fields: Partial<TaskState> = {}): TaskState {
  const task = newTask(internal_task_id, offset, 1_700_000_000_000 + offset);
  return Object.assign(task, { last_offset: offset, updates_applied: 1, look_at: 30_000 }, fields);
}

export function changeOf(task: TaskState, change: Partial<TaskChange> = {}): TaskChange {
  const reporters = new Set(task.reporters.keys());
  return {
    task,
    errors: [],
    task_output: undefined,
    ios: new Set(),
    reporters,
    base_changed: true,
    look_changed: false,
    before: null,
    places_before: null,
    retired: false,
    begins_anew: false,
    ...change,
  };
}

/** IOs of a task by their ids. */
export function iosOf(
  side: Side,
  ios: Iterable<readonly [id: string, figures: Omit<IoState, 'name'>]>,
): Map<string, IoState> {
  return new Map([...ios].map(([id, figures]) => [id, { name: `${side}.${id}`, ...figures }]));
}

/** A reporter that has told these totals. */
export function reporterOf(totals: Readonly<Record<string, number>>): Reporter {
  return { ...newReporter(), totals: new Map(Object.entries(totals)) };
}

export function rerouteAt(offset: number, index: number): Notice {
  return { offset, index, body: { kind: 'reroute', to: 1 } };
}
