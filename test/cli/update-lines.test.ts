import { describe, expect, test } from 'vitest';
import { updatesOfLine } from '../../src/cli/update-lines.ts';

function messageOf(line: string): string {
  try {
    updatesOfLine(line);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error(`it was taken: ${line}`);
}

describe('a line that is no update names the field and what is wanted, and never shows the value', () => {
  test.each<[string, string]>([
    ['{"internal_task_id": secret', 'this is no JSON'],
    ['"secret"', 'an object is wanted, and a string is given'],
    ['["secret"]', 'an object is wanted, and an array is given'],
    ['{"internal_task":"secret"}', 'internal_task: TaskStatusDetail has no such field'],
    ['{"error_count":"secret"}', 'error_count: a number is wanted, and a string is given'],
    ['{"error_count":1.5}', 'error_count: the number is not whole'],
    ['{"error_count":9007199254740993}', 'error_count: the number is beyond 2^53-2'],
    ['{"taskStatuses":"secret"}', 'taskStatuses: an array is wanted'],
    ['{"taskStatuses":[{},"secret"]}', 'taskStatuses[1]: an object is wanted, and a string is given'],
    [
      '{"task_statuses":[{"create_jobs_action":[{"token":["secret"]}]}]}',
      'task_statuses[0].create_jobs_action[0].token: a text is wanted, and an array is given',
    ],
  ])('%s', (line, message) => {
    expect(messageOf(line)).toBe(message);
    expect(messageOf(line)).not.toContain('secret');
  });
});

test('an engine that is idle reports no updates', () => {
  expect(updatesOfLine('{"mode":"idle","taskStatuses":[]}')).toEqual([]);
  expect(updatesOfLine('{"mode":"idle","taskStatuses":null}')).toEqual([]);
});
