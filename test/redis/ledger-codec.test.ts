// What is written of a task's ledger depends on the ledger alone: not on what was written before, nor by whom.

import { expect, test } from 'vitest';
import type { Post } from '../../src/domain/post.ts';
import type { Reporter } from '../../src/domain/reporter.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { decodeLedger, diffLedger, type WrittenLedger } from '../../src/redis/ledger-codec.ts';
import { changeOf, reporterOf, taskOf } from '../contracts/slot-samples.ts';

function postOf(prior: number, ...names: string[]): Post {
  return {
    ...{ prior, timestamp: prior + 5, deltas: [-1, -1, 1, -1, -1, -1, -1], status: '', reason: '' },
    ...{ actions: [], errors: [], others: [], other_ends: [], ended: false },
    ios: names.map((name) => ({ io: `inputs.${name}`, count: 1, total: -1 })),
  };
}

function textOf(task: TaskState, written: WrittenLedger): string {
  return diffLedger(changeOf(task), written, false).fields.join('\n');
}

test('an owner that has written it for long writes the same bytes as one that reads it for the first time', () => {
  const reporter: Reporter = reporterOf({});
  const task = taskOf('a', 0, { reporters: new Map([['w1', reporter]]) });
  const written: WrittenLedger = new Map();
  const lengths: number[] = [];
  for (let i = 0; i < 200; i++) {
    // A new IO with each post, and now and then one of before.
    reporter.posts = [...reporter.posts.slice(-7), postOf(5 * i, `io ${i}`, `io ${i % 13}`)];
    if (i % 50 === 20) reporter.totals.set(`inputs.io ${i}`, i);
    const text = textOf(task, written);
    expect(text).toBe(textOf(task, new Map()));
    lengths.push(text.length);
  }
  expect(lengths.at(-1)).toBeLessThan(2 * lengths[20]!);
  const fields = textOf(task, new Map()).split('\n');
  const read = taskOf('a', 0);
  decodeLedger('a', fields, read);
  expect(read.reporters).toEqual(task.reporters);
});
