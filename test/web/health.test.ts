import { describe, expect, test } from 'vitest';
import type { PartitionDocument, PartitionsAnswer } from '../../src/web/documents.ts';
import { noticesOf, OWNER_GONE_MS, standingOf } from '../../src/web/live/health.ts';
import type { Connection } from '../../src/web/live/problem.ts';

const NOW = 1_800_000_000_000;
const LIVE: Connection = { state: 'live', answered_at: NOW };

function partition(number: number, more: Partial<PartitionDocument> = {}): PartitionDocument {
  return { partition: number, condition: 'running', seen_at: NOW - 500, outbox_length: 0, ...more };
}

function answer(partitions: PartitionDocument[], age_ms = 300, away: 'kafka'[] = []): PartitionsAnswer {
  const told = partitions.map(({ partition: number, condition }) => {
    const halted = condition === 'halted';
    return { topic: 't', partition: number, condition, halted, complete_until: NOW - (halted ? 14_000 : age_ms) };
  });
  return {
    partitions,
    as_of: { read_at: NOW, complete_until: NOW - age_ms, halted: [], unreachable: [], away, partitions: told },
  };
}

describe('what is told to be wrong', () => {
  test('nothing, where everything runs', () => {
    expect(noticesOf(LIVE, answer([partition(0), partition(1)]), NOW)).toEqual([]);
  });

  test('a halted partition, and how old its data is', () => {
    const [notice] = noticesOf(LIVE, answer([partition(0), partition(3, { condition: 'halted' })]), NOW);
    expect(notice).toMatchObject({ text: 'Partition 3 is halted', age: 'its data is 14 s old', to: '/processors' });
  });

  test('an owner that has missed two reports is gone', () => {
    const gone = partition(1, { seen_at: NOW - OWNER_GONE_MS - 1 });
    expect(standingOf(gone, NOW)).toBe('ownerless');
    expect(noticesOf(LIVE, answer([partition(0), gone]), NOW)[0]!.text).toBe('Partition 1 is without a processor');
    expect(noticesOf(LIVE, answer([gone]), NOW)[0]!.text).toBe('No processor reports');
  });

  test('what a master of a Redis Cluster has is missing while that is away', () => {
    const lost = { partition: 2, condition: 'unreachable', outbox_length: 0 };
    const [notice] = noticesOf(LIVE, answer([partition(0), lost]), NOW);
    expect(notice).toMatchObject({
      tone: 'bad',
      text: 'Partition 2 is out of reach in Redis',
      age: 'the figures are those of the others',
    });
  });

  test('many are named briefly', () => {
    const many = Array.from({ length: 9 }, (_, at) => partition(at, { condition: 'torn' }));
    expect(noticesOf(LIVE, answer(many), NOW)[0]!.text).toBe('Partitions 0, 1, 2, 3, 4, 5 and 3 more are halted');
  });

  test('while nobody answers only that is told: what partitions said is old', () => {
    const problem = { kind: 'service_away', title: 'Redis does not answer' } as const;
    const away: Connection = { state: 'away', answered_at: NOW - 7_000, problem };
    const halted = answer([partition(3, { condition: 'halted' })]);
    expect(noticesOf(away, halted, NOW)).toEqual([
      { tone: 'bad', text: 'Redis does not answer', age: 'what you see is 7 s old' },
    ]);
  });

  test('Kafka away, and a fold that is far behind', () => {
    expect(noticesOf(LIVE, answer([partition(0)], 300, ['kafka']), NOW)[0]!.text).toBe('Kafka does not answer');
    expect(noticesOf(LIVE, answer([partition(0)], 90_000), NOW)[0]).toMatchObject({
      text: 'The fold is behind',
      age: 'what you see is 1 min 30 s old',
    });
  });
});
