// What is written of a task's ledger depends on the ledger alone: not on what was written before, nor by whom.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Post } from '../../src/domain/post.ts';
import { type IoNames, recall, remember } from '../../src/domain/remembered-post.ts';
import type { Reporter } from '../../src/domain/reporter.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import { decodeLedger, writeLedger } from '../../src/redis/ledger-codec.ts';
import { slotKeys } from '../../src/redis/slot-keys.ts';
import { collected } from '../../src/redis/written-pieces.ts';
import { anyPost } from '../contracts/arbitrary-slots.ts';
import { changeOf, reporterOf, taskOf } from '../contracts/slot-samples.ts';

function postOf(prior: number, ...names: string[]): Post {
  return {
    ...{ prior, timestamp: prior + 5, deltas: [-1, -1, 1, -1, -1, -1, -1], status: 'running', reason: '' },
    ...{ actions: [], errors: [], others: [], other_ends: [], ended: false },
    ios: names.map((name) => ({ io: `inputs.${name}`, count: 1, total: -1 })),
  };
}

function textOf(task: TaskState): string {
  const keys = slotKeys('taskfold', 'g', 0);
  const { pieces, writes } = collected(keys);
  writeLedger(writes, `${keys.tag}:ledger`, changeOf(task), false);
  return pieces[0]!.values.join('\n');
}

test('an owner that has held it for long writes the same bytes as one that reads it for the first time', () => {
  const held: Reporter = reporterOf({});
  let read = taskOf('a', 0, { reporters: new Map([['w1', held]]) });
  for (let i = 0; i < 100; i++) {
    const post = postOf(1_700_000_000 + 5 * i, `io ${i % 20}`, `io ${i % 13}`);
    for (const reporter of [held, read.reporters.get('w1')!]) {
      if (reporter === held && reporter.posts.at(-1)?.prior === post.prior) continue;
      reporter.posts = [...reporter.posts.slice(-7), remember(post, reporter.io_names)];
      if (i % 50 === 10) reporter.totals.set(`inputs.io ${i}`, i);
      // A total that an update without an interval told: no post names it.
      if (i % 50 === 20) reporter.totals.set(`outputs.${i}`, i);
    }
    const text = textOf(taskOf('a', 0, { reporters: new Map([['w1', held]]) }));
    expect(textOf(read)).toBe(text);
    read = taskOf('a', 0);
    decodeLedger('a', text.split('\n'), read);
    expect(read.reporters.get('w1')).toEqual(held);
  }
});

test('of a chain of posts little is written beside what they count', () => {
  const reporter = reporterOf({});
  for (let i = 0; i < 8; i++) reporter.posts.push(remember(postOf(1_700_000_000 + 5 * i, 'io'), reporter.io_names));
  const text = textOf(taskOf('a', 0, { reporters: new Map([['w1', reporter]]) }));
  expect(text).toContain(`[[1700000000,5,4,1,[0,1,-1],3]${',[0,5,4,1,[0,1,-1],3]'.repeat(7)}]`);
});

test('a post is recalled as it was remembered, to the last field', () => {
  fc.assert(
    fc.property(fc.array(anyPost, { minLength: 1, maxLength: 20 }), (posts) => {
      const names: IoNames = [];
      const remembered = posts.map((post) => remember(post, names));
      for (const [i, post] of posts.entries()) expect(recall(remembered[i]!, names)).toEqual(post);
      expect(new Set(names).size).toBe(names.length);
    }),
  );
});

test.each([
  '[["inputs.a"],[1,1,-1,-1,-1,-1,-1,-1,1],[],[],[[0,5,256]]]',
  '[["inputs.a"],[1,1,-1,-1,-1,-1,-1,-1,1],[],[],[[0,5,4]]]',
  '[["inputs.a"],[1,1,-1,-1,-1,-1,-1,-1,1],[],[],[[0,5,0,[1,1,1]]]]',
  '[["inputs.a"],[1,1,-1,-1,-1,-1,-1,-1,1],[],[],[[0,5,0,[0,1]]]]',
  '[["inputs.a"],[1,1,-1,-1,-1,-1,-1,-1,1],[],[],[[0,5,0,[],99]]]',
  '[["inputs.a"],[1,1,-1,-1,-1,-1,-1,-1,1],[],[],[[0,5,0,[],-1,-1,[],[],[],[],0]]]',
  '[["inputs.a"],[1,1,-1,-1,-1,-1,-1,-1,1],[],[],[[0]]]',
  '[["inputs.a"],[1,1,-1,-1,-1,-1,-1,-1,1],[1,5],[],[]]',
])('%s is no ledger', (text) => {
  expect(() => decodeLedger('a', ['reporter.w1', text], taskOf('a', 0))).toThrow(/is no part of a ledger/);
});
