// The task that a command is asked about, as Redis has it; one that is not there ends the command.

import type { LiveReads } from '../read/live-reads.ts';
import type { TaskDocument } from '../read/task-document.ts';
import type { CommandContext } from './command-context.ts';
import { CommandFailure, EXIT } from './command-failure.ts';

/** The task, and the W that it was read at. @throws CommandFailure (exit 1) where there is no such task; Fault service_unavailable, torn_save */
export async function findTask(
  { config }: CommandContext,
  reads: LiveReads,
  id: string,
): Promise<{ task: TaskDocument; watermark: number }> {
  const found = await reads.readTaskAsOf(id);
  if (found !== null) return found;
  throw new CommandFailure(
    `there is no task "${id}" in group ${config.group} (Redis prefix ${config.redis_prefix})`,
    EXIT.failed,
    'its first update may not be folded yet ("taskfold status" shows the lag), or TASKFOLD_GROUP is another',
  );
}
