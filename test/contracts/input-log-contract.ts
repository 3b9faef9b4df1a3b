// What every `InputLog` promises: the real one over Kafka and the simulator's one in memory run this same suite.

import { describe, expect, test } from 'vitest';
import type { InputLog, InputRecord, RecordHeaders } from '../../src/pipeline/ports.ts';

export interface InputRecordDraft {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: RecordHeaders;
}

/** A transaction under way, of a producer of its own. */
export interface OpenTransaction {
  append(partition: number, records: readonly InputRecordDraft[]): Promise<void>;
  commit(): Promise<void>;
  abort(): Promise<void>;
}

/** A log of at least two partitions, fresh for each test, and hands to write to it. */
export interface InputLogWorld {
  readonly log: InputLog;
  /** Records of a plain producer: committed at once. */
  append(partition: number, records: readonly InputRecordDraft[]): Promise<void>;
  begin(): Promise<OpenTransaction>;
  /** Retention: the log begins at `offset` from now on. */
  deleteBelow(partition: number, offset: number): Promise<void>;
  /** The group gives the partition to somebody else. */
  lose(partition: number): Promise<void>;
}

/** Records `name0`, `name1`, … by value. */
export function drafts(name: string, count: number): InputRecordDraft[] {
  return Array.from({ length: count }, (_, i) => ({ key: Buffer.from('k'), value: Buffer.from(`${name}${i}`) }));
}

/** Follows a partition from `from` until `count` records came, or nothing new for a while. Checks every step. */
export async function follow(log: InputLog, partition: number, from: number, count: number, max = 100) {
  const records: InputRecord[] = [];
  let position = from;
  for (let idle = 0; idle < 4 && records.length < count; ) {
    const batch = await log.fetch(partition, position, { records_max: max, wait_ms: 250 });
    expect(batch.from).toBe(position);
    expect(batch.to).toBeGreaterThanOrEqual(batch.from);
    expect(batch.end).toBeGreaterThanOrEqual(batch.to);
    expect(batch.records.length).toBeLessThanOrEqual(max);
    for (const record of batch.records) {
      expect(record.partition).toBe(partition);
      expect(record.offset).toBeGreaterThanOrEqual(position);
      expect(record.offset).toBeLessThan(batch.to);
      position = record.offset + 1;
    }
    idle = batch.to === batch.from ? idle + 1 : 0;
    position = batch.to;
    records.push(...batch.records);
  }
  return { records, position, values: records.map(({ value }) => value?.toString()) };
}

const values = (name: string, count: number) => drafts(name, count).map(({ value }) => value!.toString());

/** @param open makes a fresh world; it ends with the test */
export function inputLogContract(open: () => Promise<InputLogWorld>): void {
  describe('reading by position', () => {
    test('records come in order, as they were written', async () => {
      const { log, append } = await open();
      await append(0, [{ key: Buffer.from('a'), value: Buffer.from('1'), headers: { h: Buffer.from('x') } }]);
      await append(0, [{ key: null, value: null }]);
      const { records } = await follow(log, 0, 0, 2);
      expect(records.map(({ key, value }) => [key?.toString(), value?.toString()])).toEqual([
        ['a', '1'],
        [undefined, undefined],
      ]);
      expect(records[0]!.headers.h).toEqual(Buffer.from('x'));
      expect(records.map(({ offset }) => offset)).toEqual([0, 1]);
    });

    test('headers keep nulls, repeats and names that objects have by themselves', async () => {
      const { log, append } = await open();
      const given: [string, Buffer | null | (Buffer | null)[]][] = [
        ['empty', null],
        ['twice', [Buffer.from('1'), null]],
        ['constructor', Buffer.from('c')],
        ['__proto__', Buffer.from('p')],
      ];
      const headers: RecordHeaders = Object.fromEntries(given);
      await append(0, [{ value: Buffer.from('v'), headers }]);
      const { records } = await follow(log, 0, 0, 1);
      const read = records[0]!.headers;
      expect(Object.keys(read).sort()).toEqual(['__proto__', 'constructor', 'empty', 'twice']);
      for (const [name, value] of given) expect(read[name], name).toEqual(value);
    });

    test('a batch holds at most what was asked for, and the next one goes on just there', async () => {
      const { log, append } = await open();
      await append(0, drafts('r', 25));
      const { values: read, position } = await follow(log, 0, 0, 25, 7);
      expect(read).toEqual(values('r', 25));
      expect(position).toBe(25);
    });

    test('several appends can come as one batch', async () => {
      const { log, append } = await open();
      for (let i = 0; i < 5; i++) await append(0, drafts(`a${i}-`, 2));
      await follow(log, 0, 0, 1, 1); // whatever stock there is, it is filled now
      await new Promise((resolve) => setTimeout(resolve, 300));
      const batch = await log.fetch(0, 1, { records_max: 100, wait_ms: 250 });
      expect(batch.records.length).toBe(9);
    });

    test('with nothing new, an empty batch tells so after the wait', async () => {
      const { log, append } = await open();
      await append(0, drafts('r', 3));
      await follow(log, 0, 0, 3);
      const batch = await log.fetch(0, 3, { records_max: 10, wait_ms: 100 });
      expect(batch).toMatchObject({ records: [], from: 3, to: 3, end: 3 });
    });

    test('one that waits gets what is written meanwhile', async () => {
      const { log, append } = await open();
      const waiting = log.fetch(0, 0, { records_max: 10, wait_ms: 5_000 });
      await append(0, drafts('late', 1));
      const batch = await waiting;
      const rest = batch.records.length > 0 ? batch.records : (await follow(log, 0, batch.to, 1)).records;
      expect(rest.map(({ value }) => value!.toString())).toEqual(['late0']);
    });

    test('going back gives the same records again, jumping forward leaves none behind', async () => {
      const { log, append } = await open();
      await append(0, drafts('r', 20));
      const first = await follow(log, 0, 0, 20);
      const again = await follow(log, 0, 4, 16, 5);
      expect(again.records).toEqual(first.records.slice(4));
      const ahead = await follow(log, 0, 15, 5);
      expect(ahead.records).toEqual(first.records.slice(15));
    });

    test('partitions are read apart from each other', async () => {
      const { log, append } = await open();
      await append(0, drafts('zero', 3));
      await append(1, drafts('one', 4));
      const [zero, one] = await Promise.all([follow(log, 0, 0, 3), follow(log, 1, 0, 4)]);
      expect([zero.values, one.values]).toEqual([values('zero', 3), values('one', 4)]);
    });
  });

  describe('transactions', () => {
    test('what was aborted is never seen; positions pass it and its marker', async () => {
      const { log, append, begin } = await open();
      await append(0, drafts('before', 2));
      const aborted = await begin();
      await aborted.append(0, drafts('aborted', 3));
      await aborted.abort();
      await append(0, drafts('after', 2));
      const { values: read, position } = await follow(log, 0, 0, 4);
      expect(read).toEqual([...values('before', 2), ...values('after', 2)]);
      expect(position).toBe(8);
    });

    test('an open transaction holds everything behind it back, until it commits', async () => {
      const { log, append, begin } = await open();
      const transaction = await begin();
      await transaction.append(0, drafts('open', 2));
      await append(0, drafts('plain', 1));
      expect((await follow(log, 0, 0, 1)).values).toEqual([]);
      await transaction.commit();
      expect((await follow(log, 0, 0, 3)).values).toEqual([...values('open', 2), ...values('plain', 1)]);
    });

    test.for(['first', 'second'] as const)(
      'of two overlapping transactions that abort, the %s one first, nothing is seen',
      async (earlier) => {
        const { log, append, begin } = await open();
        const [one, two] = [await begin(), await begin()];
        await one.append(0, drafts('one', 1));
        await two.append(0, drafts('two', 1));
        await one.append(0, drafts('one more', 2));
        await two.append(0, drafts('two more', 2));
        for (const transaction of earlier === 'first' ? [one, two] : [two, one]) await transaction.abort();
        await append(0, drafts('after', 1));
        expect((await follow(log, 0, 0, 1)).values).toEqual(values('after', 1));
        // Also for a reader that comes in between.
        for (const from of [1, 2, 3, 5]) expect((await follow(log, 0, from, 1)).values).toEqual(values('after', 1));
      },
    );

    test('a record whose key looks like an abort marker ends no transaction', async () => {
      const { log, append, begin } = await open();
      const transaction = await begin();
      await transaction.append(0, [{ key: Buffer.from([0, 0, 0, 0]), value: Buffer.from('aborted') }]);
      await transaction.append(0, drafts('aborted too', 2));
      await transaction.abort();
      await append(0, [{ key: Buffer.from([0, 0, 0, 0]), value: Buffer.from('after') }]);
      expect((await follow(log, 0, 0, 1)).values).toEqual(['after']);
    });

    test('a producer that aborts and then commits is seen from its commit on', async () => {
      const { log, begin } = await open();
      const transaction = await begin();
      await transaction.append(0, drafts('no', 2));
      await transaction.abort();
      await transaction.append(0, drafts('yes', 2));
      await transaction.commit();
      expect((await follow(log, 0, 0, 2)).values).toEqual(values('yes', 2));
    });
  });

  describe('the ends of the log', () => {
    test('bounds name the first offset and the one after the last', async () => {
      const { log, append, deleteBelow } = await open();
      expect(await log.bounds(1)).toEqual({ start: 0, end: 0 });
      await append(1, drafts('r', 10));
      await deleteBelow(1, 4);
      expect(await log.bounds(1)).toEqual({ start: 4, end: 10 });
    });

    test('behind a marker at the tail the end is still reached', async () => {
      const { log, begin } = await open();
      const transaction = await begin();
      await transaction.append(0, drafts('r', 1));
      await transaction.commit();
      await follow(log, 0, 0, 1);
      const { end } = await log.bounds(0);
      expect(end).toBeGreaterThanOrEqual(1);
      // Asked at the end there is nothing: the position is not above it.
      expect(await log.fetch(0, end, { records_max: 1, wait_ms: 50 })).toMatchObject({ records: [], to: end });
    });

    test('a position that retention has passed is a fault, and the partition can still be read from the start', async () => {
      const { log, append, deleteBelow } = await open();
      await append(0, drafts('r', 10));
      await follow(log, 0, 0, 2, 2);
      await deleteBelow(0, 6);
      const gone = async () => {
        for (let i = 0; i < 20; i++) await log.fetch(0, 2, { records_max: 1, wait_ms: 250 });
      };
      // What is in stock may still be given; from a fresh position there is none.
      await log.fetch(0, 9, { records_max: 1, wait_ms: 250 });
      await expect(gone()).rejects.toMatchObject({ name: 'Fault', code: 'history_gone' });
      expect((await follow(log, 0, 6, 4)).values).toEqual(values('r', 10).slice(6));
    });

    test('the number of partitions is told', async () => {
      const { log } = await open();
      expect(await log.partitionCount()).toBeGreaterThanOrEqual(2);
    });
  });

  test('a lost partition ends the running fetch at once, and refuses the next', async () => {
    const { log, lose } = await open();
    const fault = { name: 'Fault', code: 'partition_lost' };
    const waiting = log.fetch(0, 0, { records_max: 1, wait_ms: 20_000 }).catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const began = performance.now();
    await lose(0);
    const outcome = await waiting;
    // One that does not wait in real time has ended before.
    if (outcome instanceof Error) expect(outcome).toMatchObject(fault);
    else expect(outcome).toMatchObject({ records: [], to: 0 });
    expect(performance.now() - began).toBeLessThan(10_000);
    await expect(log.fetch(0, 0, { records_max: 1, wait_ms: 1 })).rejects.toMatchObject(fault);
  });
}
