// What a command prints: JSON that keeps every digit, columns, and nothing that steers a terminal.
import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/cli/nearest.ts';
import { table, toJson, withoutControls } from '../../src/cli/output.ts';

describe('JSON', () => {
  test('a sum beyond 2^53 keeps its digits as text, a smaller one is a number', () => {
    expect(toJson({ big: 2n ** 60n, small: 7n })).toBe('{"big":"1152921504606846976","small":7}');
  });

  test('maps are objects, what is absent is left out', () => {
    expect(toJson({ by: new Map([['a', 1]]), none: undefined })).toBe('{"by":{"a":1}}');
  });
});

describe('text for people', () => {
  test('columns stand under their heads, numbers right', () => {
    const text = table([
      ['name', 'count'],
      ['a', 1_234],
      ['long name', 5],
    ]);
    expect(text).toBe('name       count\na          1,234\nlong name      5');
  });

  test('an escape sequence from a record does not reach the terminal', () => {
    expect(withoutControls('a\u001b[2Jb\u009bc\td\ne')).toBe('a\ufffd[2Jb\ufffdc\td\ne');
  });
});

describe('did you mean', () => {
  test('the fewest edits win, nothing near is nothing', () => {
    expect(nearest('CACHE_TASK', ['GROUP', 'CACHE_TASKS', 'CACHE'])).toBe('CACHE_TASKS');
    expect(nearest('XYZ', ['GROUP', 'CACHE_TASKS'])).toBeNull();
  });
});
