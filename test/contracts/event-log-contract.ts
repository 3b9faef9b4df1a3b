// What every `EventLog` promises: the real one over Kafka and the simulator's one in memory run this same suite.

import { describe, expect, test } from 'vitest';
import { DEFAULT_FOLD_SETTINGS } from '../../src/domain/fold-settings.ts';
import type { EmittedMark, EventLog, OutgoingMessage } from '../../src/pipeline/ports.ts';
import { LOG_TIME_HEADER, SOURCE_HEADER, sourceHeader } from '../../src/pipeline/source-header.ts';

/** A fresh input topic of at least three partitions with its outgoing topics, nothing sent yet. */
export interface EventLogWorld {
  readonly events: EventLog;
  readonly inputTopic: string;
  /** an outgoing topic */
  readonly outputTopic: string;
  /** What a read-committed reader finds in the output, by key in the order of each key. */
  readOutput(): Promise<ReadonlyMap<string, string[]>>;
  /** What a read-committed reader finds in a partition of the input. */
  readInput(partition: number): Promise<string[]>;
}

export function mark(offset: number, more: Partial<EmittedMark> = {}): EmittedMark {
  const pins = { origin: 3, incarnation: 'i-1', partition_count: 3, fold_version: 1, settings: DEFAULT_FOLD_SETTINGS };
  return { offset, pins, ...more };
}

/** A log time for the record at an offset. */
export const logTimeOf = (offset: number) => 1_700_000_000_000 + offset;

/** The headers by which C is found again. */
export function sourceHeaders(topic: string, partition: number, offset: number): Record<string, Buffer> {
  return {
    [SOURCE_HEADER]: Buffer.from(sourceHeader(topic, partition, offset, 1)),
    [LOG_TIME_HEADER]: Buffer.from(String(logTimeOf(offset))),
  };
}

const fenced = { name: 'Fault', remedy: 'claim' };

/** @param open makes a fresh world; it ends with the test */
export function eventLogContract(open: () => Promise<EventLogWorld>): void {
  const messagesTo = ({ inputTopic, outputTopic }: EventLogWorld) => ({
    /** an event of the record at `offset` of `partition` */
    event: (partition: number, offset: number, key: string, value: string): OutgoingMessage => ({
      topic: outputTopic,
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers: sourceHeaders(inputTopic, partition, offset),
    }),
    reroute: (partition: number, offset: number, to: number, value: string): OutgoingMessage => ({
      topic: inputTopic,
      partition: to,
      key: Buffer.from('rerouted'),
      value: Buffer.from(value),
      headers: sourceHeaders(inputTopic, partition, offset),
    }),
  });

  describe('C', () => {
    test('is null before anything was committed', async () => {
      const { events } = await open();
      expect(await (await events.claim(0)).readEmitted()).toBeNull();
    });

    test('is read back with all that was committed beside it, by this claim and by the next', async () => {
      const { events } = await open();
      const claim = await events.claim(1);
      const fingerprint = { offset: 6, timestamp: 1_700_000_000_123, scope: 'value', crc: 0xdeadbeef } as const;
      await claim.transact({ emitted: mark(7, { fingerprint }), messages: [] });
      expect(await claim.readEmitted()).toEqual(mark(7, { fingerprint }));
      expect(await (await events.claim(1)).readEmitted()).toEqual(mark(7, { fingerprint }));
      expect(await (await events.claim(0)).readEmitted()).toBeNull();
    });

    test('is committed again unmoved, and forgets a fingerprint that is not given again', async () => {
      const { events } = await open();
      const claim = await events.claim(0);
      const fingerprint = { offset: 1, timestamp: 5, scope: 'key', crc: 0 } as const;
      for (const emitted of [mark(2, { fingerprint }), mark(2)]) await claim.transact({ emitted, messages: [] });
      expect(await claim.readEmitted()).toEqual(mark(2));
    });

    test('of the other partitions is read as that of peers', async () => {
      const { events } = await open();
      for (const p of [1, 2]) await (await events.claim(p)).transact({ emitted: mark(10 + p), messages: [] });
      const peers = await (await events.claim(1)).readPeers();
      expect(peers).toEqual([mark(12)]);
      expect(await (await events.claim(0)).readPeers()).toEqual([mark(11), mark(12)]);
    });
  });

  describe('a transaction', () => {
    test('shows its messages in order, each with its key, and moves C with them', async () => {
      const world = await open();
      const { event, reroute } = messagesTo(world);
      const claim = await world.events.claim(0);
      const first = [event(0, 1, 'a', '1'), event(0, 2, 'b', '2'), event(0, 3, 'a', '3'), reroute(0, 4, 2, 'moved')];
      await claim.transact({ emitted: mark(5), messages: first });
      await claim.transact({ emitted: mark(9), messages: [event(0, 8, 'a', '4')] });
      expect(await world.readOutput()).toEqual(new Map([['a', ['1', '3', '4']], ['b', ['2']]])); // biome-ignore format: a table
      expect(await world.readInput(2)).toEqual(['moved']);
      expect((await claim.readEmitted())?.offset).toBe(9);
    });

    test('of thousands of messages and megabytes is one', async () => {
      const world = await open();
      const { event } = messagesTo(world);
      const claim = await world.events.claim(0);
      const wide = 'x'.repeat(1_000);
      const messages = Array.from({ length: 3_000 }, (_, i) => event(0, i, 'k', `${i} ${wide}`));
      await claim.transact({ emitted: mark(3_000), messages });
      expect((await world.readOutput()).get('k')?.map((v) => Number.parseInt(v, 10))).toEqual([...messages.keys()]);
    });

    test('follows the one before it at once', async () => {
      const world = await open();
      const { event } = messagesTo(world);
      const claim = await world.events.claim(0);
      for (let i = 0; i < 20; i++) await claim.transact({ emitted: mark(i + 1), messages: [event(0, i, 'k', `${i}`)] });
      expect((await world.readOutput()).get('k')).toEqual(Array.from({ length: 20 }, (_, i) => `${i}`));
    });

    test('of verdicts alone leaves C where it is, and may follow at once', async () => {
      const { events } = await open();
      const claim = await events.claim(0);
      await claim.transact({ emitted: mark(4), messages: [] });
      for (const offset of [5, 6, 7]) {
        await claim.transact({ messages: [], verdicts: [{ partition: 0, offset, schema_id: 9, incarnation: 'i-1' }] });
      }
      expect(await claim.readEmitted()).toEqual(mark(4));
      expect([...(await claim.readVerdicts('i-1')).keys()]).toEqual([5, 6, 7]);
    });
  });

  describe('a newer claim', () => {
    test('fences the older one: its transaction fails, shows nothing and moves no C', async () => {
      const world = await open();
      const { event } = messagesTo(world);
      const older = await world.events.claim(0);
      await older.transact({ emitted: mark(1), messages: [event(0, 0, 'k', 'old')] });
      const newer = await world.events.claim(0);
      const attempt = older.transact({ emitted: mark(2), messages: [event(0, 1, 'k', 'zombie')] });
      await expect(attempt).rejects.toMatchObject(fenced);
      expect((await newer.readEmitted())?.offset).toBe(1);
      await newer.transact({ emitted: mark(2), messages: [event(0, 1, 'k', 'new')] });
      expect((await world.readOutput()).get('k')).toEqual(['old', 'new']);
    });

    test('of another partition disturbs nobody', async () => {
      const world = await open();
      const { event } = messagesTo(world);
      const zero = await world.events.claim(0);
      const one = await world.events.claim(1);
      await zero.transact({ emitted: mark(1), messages: [event(0, 0, 'k', 'zero')] });
      await one.transact({ emitted: mark(1), messages: [event(1, 0, 'k', 'one')] });
      await zero.transact({ emitted: mark(2), messages: [event(0, 1, 'k', 'zero again')] });
      expect((await world.readOutput()).get('k')).toEqual(['zero', 'one', 'zero again']);
    });

    test('that comes while the older one commits reads a C that is final', async () => {
      const world = await open();
      const { event } = messagesTo(world);
      for (let round = 0; round < 10; round++) {
        const older = await world.events.claim(0);
        const offset = 10 * (round + 1);
        const racing = older.transact({ emitted: mark(offset), messages: [event(0, offset, 'k', `${offset}`)] });
        const outcome = racing.then(
          () => 'committed',
          () => 'unknown',
        );
        const newer = await world.events.claim(0);
        const read = await newer.readEmitted();
        const sent = (await world.readOutput()).get('k')?.includes(`${offset}`) ?? false;
        expect(read?.offset === offset).toBe(sent);
        if ((await outcome) === 'committed') expect(sent).toBe(true);
        expect(await newer.readEmitted()).toEqual(read);
      }
    });
  });

  describe('verdicts', () => {
    test('come back by partition and offset, the first of an offset counts', async () => {
      const { events } = await open();
      const claim = await events.claim(0);
      const verdict = (partition: number, offset: number, schema_id: number) => ({
        partition,
        offset,
        schema_id,
        incarnation: 'i-1',
      });
      expect(await claim.readVerdicts('i-1')).toEqual(new Map());
      await claim.transact({ messages: [], verdicts: [verdict(0, 5, 77), verdict(0, 6, 78)] });
      await claim.transact({ messages: [], verdicts: [verdict(0, 5, 99)] });
      const other = await events.claim(1);
      await other.transact({ messages: [], verdicts: [verdict(1, 5, 11)] });
      const again = await events.claim(0);
      expect(await again.readVerdicts('i-1')).toEqual(new Map([[5, verdict(0, 5, 77)], [6, verdict(0, 6, 78)]])); // biome-ignore format: a table
      expect(await (await events.claim(1)).readVerdicts('i-1')).toEqual(new Map([[5, verdict(1, 5, 11)]]));
    });

    test('of a fenced owner do not count', async () => {
      const { events } = await open();
      const older = await events.claim(0);
      const newer = await events.claim(0);
      const verdicts = [{ partition: 0, offset: 5, schema_id: 77, incarnation: 'i-1' }];
      await expect(older.transact({ messages: [], verdicts })).rejects.toMatchObject(fenced);
      expect(await newer.readVerdicts('i-1')).toEqual(new Map());
      expect(await (await events.claim(0)).readVerdicts('i-1')).toEqual(new Map());
    });
  });

  describe('the highest source record', () => {
    test('is null where nothing has left', async () => {
      const { events } = await open();
      expect(await (await events.claim(0)).highestSource()).toBeNull();
    });

    test('is found among events and re-routed records, of this partition only', async () => {
      const world = await open();
      const { event, reroute } = messagesTo(world);
      const zero = await world.events.claim(0);
      await zero.transact({ emitted: mark(8), messages: [event(0, 3, 'k', 'x'), event(0, 7, 'k', 'y')] });
      const one = await world.events.claim(1);
      await one.transact({ emitted: mark(60), messages: [event(1, 50, 'k', 'z')] });
      expect(await (await world.events.claim(0)).highestSource()).toEqual({ offset: 7, timestamp: logTimeOf(7) });
      await (await world.events.claim(0)).transact({ emitted: mark(12), messages: [reroute(0, 11, 1, 'r')] });
      expect(await (await world.events.claim(0)).highestSource()).toEqual({ offset: 11, timestamp: logTimeOf(11) });
      expect(await (await world.events.claim(1)).highestSource()).toEqual({ offset: 50, timestamp: logTimeOf(50) });
    });
  });
}
