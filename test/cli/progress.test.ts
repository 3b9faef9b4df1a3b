// Live progress: every command shows a person that it is at work, and what it prints stays whole.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const CLEAR = '\r\u001b[2K';

function output({ isTTY }: { isTTY: boolean }) {
  const written: string[] = [];
  const write = (text: string) => {
    written.push(text);
    return true;
  };
  const stream = { isTTY, columns: 40, write } as unknown as NodeJS.WriteStream;
  const made = createOutput(false, { stdout: stream, stderr: stream });
  return { ...made, written, take: () => written.splice(0) };
}

test('a command that says nothing for two seconds is at work, on a terminal', () => {
  const { working, take } = output({ isTTY: true });
  const running = working('topics create');
  vi.advanceTimersByTime(1_900);
  expect(take()).toEqual([]);
  vi.advanceTimersByTime(1_500);
  expect(take().at(-1)).toBe(`${CLEAR}topics create: 3 s`);
  running.stop();
  expect(take()).toEqual([CLEAR]);
  vi.advanceTimersByTime(10_000);
  expect(take()).toEqual([]);
});

test('what it counts takes the place of that; where nobody watches, it is a line every five seconds', () => {
  for (const isTTY of [true, false]) {
    const { working, progress, take } = output({ isTTY });
    const outer = working('tasks');
    let read = 0;
    const inner = progress(() => `${read} tasks read`);
    read = 7;
    vi.advanceTimersByTime(7_500);
    const said = take();
    if (isTTY) expect(new Set(said)).toEqual(new Set([`${CLEAR}7 tasks read`]));
    else expect(said).toEqual(['7 tasks read\n', '7 tasks read\n']);
    inner.stop();
    outer.stop();
  }
});

test('a line of results has the terminal for itself: the progress is taken away before, and waits after', async () => {
  const { progress, result, note, take } = output({ isTTY: true });
  const running = progress(() => 'reading');
  vi.advanceTimersByTime(2_500);
  take();
  await result(1, () => 'one task');
  note('a remark');
  expect(take()).toEqual([CLEAR, 'one task\n', 'a remark\n']);
  vi.advanceTimersByTime(1_900);
  expect(take()).toEqual([]);
  vi.advanceTimersByTime(400);
  expect(take().at(-1)).toBe(`${CLEAR}reading`);
  running.stop();
});

test('nothing is drawn over a question', () => {
  const { working, asking, take } = output({ isTTY: true });
  const running = working('partitions reset');
  const question = asking();
  vi.advanceTimersByTime(60_000);
  expect(take()).toEqual([]);
  question.stop();
  vi.advanceTimersByTime(400);
  expect(take().at(-1)).toBe(`${CLEAR}partitions reset: 60 s`);
  running.stop();
});
