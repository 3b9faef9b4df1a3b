import { expect, test } from 'vitest';
import { newTask } from '../../src/domain/evolve.ts';
import type { Reads } from '../../src/read/reads.ts';
import { taskDocument } from '../../src/read/task-document.ts';
import { ChangeFeed } from '../../src/serve/change-feed.ts';

test('who comes back hears also what log time has stepped back to since', async () => {
  const position = 100_000;
  const at = position - 1_000;
  const task = taskDocument(newTask('late', 7, at), [], undefined, { topic: 'status', partition: 0 });
  const late = { kind: 'status', partition: 0, at, internal_task_id: 'late', task } as const;
  const reads: Pick<Reads, 'readPositions' | 'readChanges'> = {
    readPositions: async () => new Map([[0, { watermark: 8, log_time: position + 50 }]]),
    readChanges: async (told) => {
      const { until, overlap_ms } = told.get(0)!;
      return { changes: until - overlap_ms <= late.at ? [late] : [], isWhole: true };
    },
  };
  const told = await new ChangeFeed(reads as Reads).since(new Map([[0, position]]));
  expect(told.changes.map(({ change }) => change.internal_task_id)).toEqual(['late']);
  expect(told.position).toEqual(new Map([[0, position + 50]]));
});
