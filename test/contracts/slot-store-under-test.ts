// How the contract suites of SlotStore open what they test.

import { expect, onTestFinished } from 'vitest';
import type { SlotHead } from '../../src/domain/head.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { Tombstone } from '../../src/domain/tombstone.ts';
import type { SlotClaim, SlotSave, SlotStore } from '../../src/pipeline/ports.ts';
import { headOf } from './slot-samples.ts';

/** One store as two processes see it; nothing is in it at first. */
export interface SlotStoreUnderTest {
  readonly store: SlotStore;
  /** another process over the same data */
  readonly other: SlotStore;
  /** Makes the next save that appends errors to this task fail after its first write. */
  tear(partition: number, internal_task_id: string): Promise<void>;
  /** Deletes the slot's head and nothing else, as a careless hand would. */
  loseHead(partition: number): Promise<void>;
  /** Holds the slot still as an operator's tool does; answers how to let it go. */
  hold(partition: number): Promise<() => Promise<void>>;
  /**
   * Names of all that the slot holds, head and roll-up excepted: `task <id>`, `looks`, `by_status` and its like, `tombstones <generation>`,
   * `work_requests`, `jobs`, `open_jobs`, `job <id>`, `tasks of job <id>`, `engines`, `engine <id>`, `tasks of engine <id>`, `outbox`.
   */
  holds(partition: number): Promise<ReadonlySet<string>>;
  /** The scores of the sorted sets that lists are made of, by name (of an engine's tasks: `engine <id>`) and id. */
  places(partition: number): Promise<Record<string, Record<string, number>>>;
  /** The work requests of these that lead to tasks, each with their ids in order. */
  workRequests(partition: number, asked: readonly string[]): Promise<Record<string, string[]>>;
  close(): Promise<void>;
}

/** What a claim of an empty slot finds. */
export const EMPTY: SlotClaim = { head: null, watermark: null, fingerprint: null, saving: null };

export type OpenSlotStore = () => Promise<SlotStoreUnderTest>;

/** Opened for one test, closed with it. */
export async function opened(open: OpenSlotStore): Promise<SlotStoreUnderTest> {
  const under = await open();
  onTestFinished(() => under.close());
  return under;
}

/** The same, with slot 0 begun at W = 0. */
export async function begun(open: OpenSlotStore): Promise<SlotStoreUnderTest & { head: SlotHead }> {
  const under = await opened(open);
  const head = headOf();
  expect(await under.store.begin(0, 0, head)).toBe(true);
  return { ...under, head };
}

export function saveOf(head: SlotHead, expect: number, to: number, more: Partial<SlotSave> = {}): SlotSave {
  return {
    expect,
    expect_log_time: null,
    to,
    head,
    changes: [],
    rollUps: [],
    tombstones: new Map(),
    notices: [],
    ...more,
  };
}

export async function readOne(store: SlotStore, id: string): Promise<TaskState | null> {
  const known = (await store.readTasks(0, [id], null)).tasks[0]!;
  if (known instanceof Tombstone) throw new Error(`${id} is retired`);
  return known;
}
