import { expect, onTestFinished, test, vi } from 'vitest';
import type { PartitionAnswer } from '../../src/kafka/fetch-request.ts';
import { PartitionFeed, STOCK_BYTES_MAX } from '../../src/kafka/partition-feed.ts';
import { Fault } from '../../src/pipeline/errors.ts';
import { drafts } from '../contracts/input-log-contract.ts';
import { encodeBatch } from './raw-produce.ts';

function answer(...batches: Buffer[]): PartitionAnswer {
  const records = Buffer.concat(batches);
  return {
    partition: 0,
    errorCode: 0,
    highWatermark: 1_000,
    lastStableOffset: 1_000,
    logStart: 0,
    aborted: [],
    records,
  };
}
const batch = (name: string, count: number, baseOffset: number, codec = 0) =>
  encodeBatch(drafts(name, count), { baseOffset, codec });

function feedAt(position: number): PartitionFeed {
  const feed = new PartitionFeed(0);
  feed.seek(position);
  return feed;
}

test('an answer to a question that was asked before a seek is dropped', () => {
  const feed = feedAt(0);
  feed.seek(5);
  feed.accept(0, answer(batch('old', 10, 0)));
  expect(feed.take(100)).toMatchObject({ records: [], from: 5, to: 5 });
  feed.accept(5, answer(batch('new', 10, 0)));
  expect(feed.take(100).records.map(({ offset }) => offset)).toEqual([5, 6, 7, 8, 9]);
});

test('what lies before bytes that cannot be unpacked is given first; then they are a fault, each time again', () => {
  const feed = feedAt(0);
  const poisoned = answer(batch('good', 3, 0), batch('bad', 2, 3, 2), batch('behind', 2, 5));
  feed.accept(0, poisoned);
  expect(feed.take(100)).toMatchObject({ from: 0, to: 3 });
  for (let i = 0; i < 2; i++) {
    feed.seek(3);
    feed.accept(3, poisoned);
    expect(() => feed.take(100)).toThrow(/partition 0 at or after offset 3/);
  }
});

test('a batch that the answer has only a part of is left for a later one', () => {
  const feed = feedAt(0);
  const whole = batch('r', 4, 0);
  feed.accept(0, answer(whole.subarray(0, whole.length - 1)));
  expect(feed.fetchAt).toBe(0);
  feed.accept(0, answer(whole, batch('cut', 4, 4).subarray(0, 40)));
  expect(feed.take(100)).toMatchObject({ from: 0, to: 4 });
  expect(feed.fetchAt).toBe(4);
});

test('a full stock asks for no more, until enough was taken', () => {
  const feed = feedAt(0);
  const large = encodeBatch([{ value: Buffer.alloc(STOCK_BYTES_MAX) }]);
  expect(feed.wanted).toBe(true);
  feed.accept(0, answer(large));
  expect(feed.wanted).toBe(false);
  feed.take(1);
  expect(feed.wanted).toBe(true);
});

test('a fault of the fetch loop ends the waiting at once, and asking begins anew', async () => {
  const feed = feedAt(7);
  const waiting = feed.arrival(60_000);
  feed.fail(new Fault('history_gone', 'gone'));
  await expect(waiting).rejects.toMatchObject({ code: 'history_gone' });
  expect(feed.wanted).toBe(true);
  expect(feed.take(1)).toMatchObject({ from: 7, to: 7 });
});

test('a fault that nobody waited for is told behind the stock, once; an old one is asked about again instead', () => {
  const feed = feedAt(0);
  feed.accept(0, answer(batch('r', 1, 0)));
  feed.fail(new Fault('history_gone', 'gone'));
  expect(feed.wanted).toBe(false);
  expect(feed.take(1).records).toHaveLength(1);
  expect(() => feed.take(1)).toThrow(/gone/);
  expect(feed.wanted).toBe(true);
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  feed.fail(new Fault('history_gone', 'gone'));
  vi.advanceTimersByTime(60_000);
  expect(feed.take(1)).toMatchObject({ from: 1, to: 1 });
  expect(feed.wanted).toBe(true);
});

test('one waiting at a time', async () => {
  const feed = feedAt(0);
  const waiting = feed.arrival(50);
  await expect(feed.arrival(50)).rejects.toThrow(/already/);
  await waiting;
});
