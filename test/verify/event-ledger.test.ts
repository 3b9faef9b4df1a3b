// What no real broker can be made to do: a re-routed copy that is lost, changed, or lies in the wrong partition; a header
// that was dropped on the way. The ledger and the comparison of copies on their own.

import { describe, expect, test } from 'vitest';
import { copiedHeaders, headerDifferences } from '../../src/cli/verify/copied-headers.ts';
import { compareCopy, foundCopy } from '../../src/cli/verify/copy-of-record.ts';
import { EventLedger } from '../../src/cli/verify/event-ledger.ts';
import { expectedEvent } from '../../src/cli/verify/expected-events.ts';
import { Mismatches, mismatchText } from '../../src/cli/verify/mismatches.ts';
import type { PlainFailure } from '../../src/cli/verify/plain-record.ts';
import type { InputRecord } from '../../src/pipeline/ports.ts';

const text = (value: string) => Buffer.from(value);
const RANGES = new Map([[0, { origin: 0, watermark: 10 }]]);

const record: InputRecord = {
  partition: 0,
  offset: 4,
  timestamp: 1_000,
  key: text('wrong key'),
  value: text('value'),
  headers: { trace: text('t'), twice: [text('1'), text('2')], gone: null },
};
const expected = expectedEvent(record, 1, null, { kind: 'reroute', to: 2 }, {});
const copy: InputRecord = {
  partition: 2,
  offset: 70,
  timestamp: 2_000,
  key: text('task'),
  value: text('value'),
  headers: {
    trace: text('t'),
    twice: [text('1'), text('2')],
    'taskfold-source': text('in/0/4/1'),
    'taskfold-group': text('g'),
    'taskfold-log-time': text('1000'),
    'taskfold-origin-key': text('wrong key'),
    'taskfold-dropped-headers': text('["gone"]'),
  },
};

/** What is told of this copy, and of a missing one. */
function told(...copies: InputRecord[]): string[] {
  const ledger = new EventLedger('in', 'rerouted');
  const mismatches = new Mismatches(100);
  ledger.expect(expected);
  for (const found of copies) {
    const message = foundCopy(found, { topic: 'in', partition: 0, offset: 4, index: 1 });
    ledger.take(message, RANGES, mismatches, (event, about) => compareCopy(event, message, about, mismatches));
  }
  for (const { about } of ledger.missing()) mismatches.add({ ...about, problem: 'missing' });
  return mismatches.kept.map(({ problem, field }) => (field === undefined ? problem : `${problem}: ${field}`));
}

describe('the copy of a re-routed record', () => {
  test('is right with the same value and headers, in its home', () => {
    expect(told(copy)).toEqual([]);
  });

  test.each<[string, InputRecord[], string[]]>([
    ['lost', [], ['missing']],
    ['twice', [copy, copy], ['repeated']],
    ['in another partition', [{ ...copy, partition: 1 }], ['differs: partition']],
    ['with another value', [{ ...copy, value: text('valuE') }], ['differs: value']],
    ['without a value', [{ ...copy, value: null }], ['differs: value']],
    ['without one of its headers', [without('trace')], ['differs: header trace']],
    ['with a header too many', [{ ...copy, headers: { ...copy.headers, more: text('x') } }], ['differs: header more']],
    [
      'with one of two values',
      [{ ...copy, headers: { ...copy.headers, twice: text('1') } }],
      ['differs: header twice'],
    ],
    ['without its first time', [without('taskfold-log-time')], ['differs: header taskfold-log-time']],
    ['without its first key', [without('taskfold-origin-key')], ['differs: header taskfold-origin-key']],
    ['without its group', [without('taskfold-group')], ['missing: header taskfold-group']],
  ])('is told when it is %s', (_, copies, mismatches) => {
    expect(told(...copies)).toEqual(mismatches);
  });
});

function without(name: string): InputRecord {
  return { ...copy, headers: Object.fromEntries(Object.entries(copy.headers).filter(([other]) => other !== name)) };
}

test('a header of the record that has one of our names lives on behind a prefix, and is missed there too', () => {
  const original = copiedHeaders({ ce_id: text('theirs'), constructor: text('x') } as InputRecord['headers']);
  expect([...original.keys()]).toEqual(['ce_id']);
  const moved = copiedHeaders({ ce_id: text('ours'), 'taskfold-original-ce_id': text('theirs') });
  const lost = copiedHeaders({ ce_id: text('ours') });
  expect(headerDifferences(original, moved)).toEqual([]);
  expect(headerDifferences(original, lost)).toEqual(['ce_id']);
});

test('mismatches are counted without end, kept up to a bound, and their values cut', () => {
  const mismatches = new Mismatches(1);
  mismatches.compare(
    { about: 'task', internal_task_id: 't' },
    new Map([['a', 'x'.repeat(300)]]),
    new Map([['b', '1']]),
  );
  expect(mismatches.count).toBe(2);
  expect(mismatches.kept.map(mismatchText)).toEqual([
    `task "t": a missing (expected ${'x'.repeat(200)}… (300 characters))`,
  ]);
});

test('silences of two tasks at a record and at its re-routed copy are two events, so one ce_id for both is told', () => {
  const ledger = new EventLedger('failures', 'event');
  const mismatches = new Mismatches(100);
  const ranges = new Map([0, 2].map((partition) => [partition, { origin: 0, watermark: 100 }]));
  const silence = (internal_task_id: string) =>
    ({ kind: 'failure', failure: 'silent', internal_task_id }) as unknown as PlainFailure;
  ledger.expect(expectedEvent(record, 1, null, silence('t1'), {}));
  ledger.expect(expectedEvent(copy, 1, { partition: 0, offset: 4 }, silence('t2'), {}));
  for (const { partition, offset } of [record, copy]) {
    const mark = { topic: 'in', partition, offset, index: 1 };
    ledger.take({ partition: 0, mark, ce_id: 'one' }, ranges, mismatches, () => {});
  }
  expect(mismatches.kept).toMatchObject([{ field: 'header ce_id', problem: 'repeated', internal_task_id: 't2' }]);
});
