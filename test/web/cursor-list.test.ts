import { describe, expect, test } from 'vitest';
import { CursorList, type Page } from '../../src/web/live/cursor-list.ts';

const PAGE = 10;

/** A list of numbers, page by page; each question is noted. */
function numbers(length: number, asked: (string | null)[] = []) {
  return async (cursor: string | null): Promise<Page<number>> => {
    asked.push(cursor);
    const from = cursor === null ? 0 : Number(cursor);
    const rows = Array.from({ length: Math.min(PAGE, length - from) }, (_, i) => from + i);
    return { rows, next: from + PAGE < length ? String(from + PAGE) : null };
  };
}

async function settled(): Promise<void> {
  for (let i = 0; i < 50; i++) await Promise.resolve();
}

describe('a list by cursors', () => {
  test('loads what is looked at, and no more', async () => {
    const asked: (string | null)[] = [];
    const list = new CursorList(numbers(1_000, asked), () => {});
    list.look(0, 4);
    await settled();
    expect(list.length).toBe(PAGE);
    expect(asked).toEqual([null]);
    list.look(5, 24);
    await settled();
    expect(list.length).toBe(30);
    expect([list.row(0), list.row(24)]).toEqual([0, 24]);
    expect(list.isComplete).toBe(false);
  });

  test('lets go what is far from the view, and asks for it again by its cursor', async () => {
    const asked: (string | null)[] = [];
    const list = new CursorList(numbers(1_000, asked), () => {});
    for (let first = 0; first < 300; first += PAGE) {
      list.look(first, first + PAGE - 1);
      await settled();
    }
    const held = Array.from({ length: list.length }, (_, i) => list.row(i)).filter((row) => row !== undefined);
    expect(held.length).toBeLessThan(150);
    expect(list.row(0)).toBeUndefined();
    asked.length = 0;
    list.look(0, 5);
    await settled();
    expect(list.row(3)).toBe(3);
    expect(asked).toEqual([null]);
  });

  test('goes on behind pages that are empty', async () => {
    const pages: Record<string, Page<string>> = {
      start: { rows: ['a'], next: '1' },
      '1': { rows: [], next: '2' },
      '2': { rows: ['b'], next: null },
    };
    const list = new CursorList(
      async (cursor) => pages[cursor ?? 'start']!,
      () => {},
    );
    list.look(0, 20);
    await settled();
    expect([list.row(0), list.row(1), list.isComplete]).toEqual(['a', 'b', true]);
  });

  test('what fails is told, and asked for again', async () => {
    let fails = true;
    const load = async () => {
      if (fails) throw new Error('away');
      return { rows: ['a'], next: null };
    };
    const list = new CursorList<string>(load, () => {});
    list.look(0, 5);
    await settled();
    expect([list.hasBegun, String(list.error)]).toEqual([false, 'Error: away']);
    fails = false;
    await list.refresh(0, 5);
    expect([list.row(0), list.error]).toEqual(['a', null]);
  });

  test('where the list has moved, the pages behind are read anew', async () => {
    let moved = 0;
    const load = async (cursor: string | null): Promise<Page<number>> => {
      const from = cursor === null ? moved : Number(cursor);
      return { rows: [from], next: from < 100 ? String(from + 1) : null };
    };
    const list = new CursorList(load, () => {});
    list.look(0, 3);
    await settled();
    expect([list.row(0), list.row(1)]).toEqual([0, 1]);
    moved = 50;
    await list.refresh(0, 0);
    await settled();
    expect([list.row(0), list.row(1)]).toEqual([50, 51]);
  });
});
