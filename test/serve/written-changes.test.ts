// What the clients of one look are sent: one text for all who ask for the same, bounded by how many they are.

import { describe, expect, test } from 'vitest';
import type { Changes } from '../../src/serve/change-feed.ts';
import { WrittenChanges, writtenOf } from '../../src/serve/written-changes.ts';

function look(count: number, isWhole = true): Changes {
  const changes = Array.from({ length: count }, (_, i) => {
    const change = {
      ...{ kind: i % 2 === 0 ? 'status' : 'silent', at: i, partition: 0, internal_task_id: `t${i}` },
      task: { internal_task_id: `t${i}`, task_status: 'running', engine_id: `e${i % 3}`, internal_job_id: 'j' },
    } as Changes['changes'][number]['change'];
    return { change, text: JSON.stringify(change) };
  });
  return { changes, isWhole, position: new Map([[0, 7]]) };
}

const linesOf = (written: Buffer | null) => (written?.toString() ?? '').split('\n').filter((line) => line !== '');
const idsOf = (written: Buffer | null) =>
  linesOf(written).flatMap((line) => /^data: .*"internal_task_id":"(t\d+)","task"/.exec(line)?.[1] ?? []);

describe('what is sent of a look', () => {
  test('is written once for all who ask for the same, however they say it', () => {
    const written = new WrittenChanges();
    const changes = look(6);
    const first = written.of(changes, { kind: new Set(['status']) }, 500);
    expect(idsOf(first)).toEqual(['t0', 't2', 't4']);
    expect(written.of(changes, { kind: new Set(['status']), engine_id: undefined }, 500)).toBe(first);
    expect(idsOf(written.of(changes, { engine_id: 'e1' }, 500))).toEqual(['t1', 't4']);
    expect(idsOf(written.of(changes, { internal_task_id: ['t3'] }, 500))).toEqual(['t3']);
    expect(written.of(changes, { internal_job_id: 'other' }, 500)).toBeNull();
    const next = look(6);
    expect(written.of(next, { kind: new Set(['status']) }, 500)).not.toBe(first);
  });

  test('ends with where one can go on, and says first what is left out', () => {
    expect(linesOf(writtenOf(look(2), {})).filter((line) => line.startsWith('id: '))).toEqual(['id: 0.7']);
    expect(linesOf(writtenOf(look(2), {})).at(-2)).toBe('id: 0.7');
    expect(linesOf(writtenOf(look(2, false), {}))[0]).toBe('event: gap');
    expect(linesOf(writtenOf(look(0, false), {}))).toHaveLength(2);
  });

  test('is less for each, the newest, the more they are', () => {
    const changes = look(1_000);
    const written = new WrittenChanges();
    expect(idsOf(written.of(changes, {}, 1))).toHaveLength(1_000);
    const many = new WrittenChanges().of(changes, {}, 1_000);
    expect(many!.length * 1_000).toBeLessThan(10_000_000);
    expect(linesOf(many)[0]).toBe('event: gap');
    expect(idsOf(many).at(-1)).toBe('t999');
    expect(idsOf(many).length).toBeGreaterThan(20);
    // Who asks for little gets all of it.
    expect(linesOf(new WrittenChanges().of(changes, { internal_task_id: ['t0'] }, 1_000))[0]).toBe('event: change');
  });
});
