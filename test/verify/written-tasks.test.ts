// Saves write only what has changed of a task: whatever comes, and wherever batches end, it adds up to the task as the fold has it.

import { isDeepStrictEqual } from 'node:util';
import { Unpackr } from 'msgpackr';
import { expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS, type FoldSettings } from '../../src/domain/fold-settings.ts';
import type { TaskChange, TaskState } from '../../src/domain/task-state.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { slotWrites } from '../../src/redis/slot-writes.ts';
import { decodeTask } from '../../src/redis/task-codec.ts';
import { writeChange } from '../../src/redis/task-writes.ts';
import { DomainSlot } from './fold-both-ways.ts';
import { randomStream, SMALL_BOUNDS } from './random-updates.ts';

const STREAMS = 500;
const BATCHES = [1, 3, 40] as const;
const unpackr = new Unpackr({ useRecords: false });
const keys = slotKeys('taskfold', 'g', 0);

/** Hashes as save.lua would leave them; of other keys only that they are deleted matters here. */
class Hashes {
  readonly #hashes = new Map<string, Map<string, string>>();

  save(changes: readonly TaskChange[], expected: number, { errors_kept }: FoldSettings): void {
    const writes = slotWrites(keys.head);
    for (const change of changes) writeChange(writes, keys, change, expected, errors_kept);
    const texts = unpackr.unpack(writes.pack()) as string[];
    for (let at = 0; at < texts.length; ) {
      const [command, key, count] = [texts[at]!, writes.keys[Number(texts[at + 1]) - 1]!, Number(texts[at + 2])];
      this.#obey(command, key, texts.slice(at + 3, at + 3 + count));
      at += 3 + count;
    }
  }

  #obey(command: string, key: string, values: readonly string[]): void {
    const hash = this.#hashes.get(key) ?? new Map<string, string>();
    if (command === 'DEL') hash.clear();
    if (command === 'HDEL') for (const field of values) hash.delete(field);
    if (command === 'HSET') for (let i = 0; i < values.length; i += 2) hash.set(values[i]!, values[i + 1]!);
    if (hash.size > 0) this.#hashes.set(key, hash);
    else this.#hashes.delete(key);
  }

  task(internal_task_id: string): TaskState | null {
    const key = keys.task(internal_task_id);
    const flat = (suffix: string) => [...(this.#hashes.get(key + suffix) ?? [])].flat();
    return decodeTask(key, internal_task_id, {
      ...{ fields: flat(''), io: flat(':io'), long: flat(':long'), ledger: flat(':ledger') },
    });
  }

  get size(): number {
    return this.#hashes.size;
  }
}

test.each([
  ['small bounds, by which tasks are retired', SMALL_BOUNDS, 1],
  ['the default bounds', DEFAULT_FOLD_SETTINGS, 0],
])('what was written of each task is the task: %s', (_, settings, retired_min) => {
  let [written, retired] = [0, 0];
  for (let seed = 1; seed <= STREAMS; seed++) {
    const hashes = new Hashes();
    const slot = new DomainSlot(0, 1, settings);
    let saved = 0;
    slot.onChanges = (changes) => {
      hashes.save(changes, saved, settings);
      saved = slot.offset;
      for (const change of changes) {
        const wanted = change.retired ? null : change.task;
        const found = hashes.task(change.task.internal_task_id);
        if (!isDeepStrictEqual(found, wanted)) expect(found, `seed ${seed}, before offset ${saved}`).toEqual(wanted);
        if (change.retired) retired++;
        else written++;
      }
    };
    slot.fold(randomStream(seed, settings), BATCHES[seed % BATCHES.length]!);
    if (slot.tasks.length === 0) expect(hashes.size, `seed ${seed}`).toBe(0);
  }
  expect(written).toBeGreaterThan(STREAMS);
  expect(retired).toBeGreaterThanOrEqual(retired_min);
});
