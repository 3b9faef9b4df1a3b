// `taskfold rejects list|show|replay`: what was rejected and why, and the way back into the fold once the reason is gone.

import type { Command } from 'commander';
import { defineGroup } from './command-context.ts';
import { listCommand } from './rejects/list-command.ts';
import { replayCommand } from './rejects/replay-command.ts';
import { showCommand } from './rejects/show-command.ts';

export function rejectsCommand(): Command {
  return defineGroup('rejects', 'look at rejected records, and replay them', [
    listCommand(),
    showCommand(),
    replayCommand(),
  ]);
}
