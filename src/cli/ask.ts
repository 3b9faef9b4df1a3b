// Asks before something is done that cannot be taken back; where nobody can be asked, nothing is done.

import { createInterface } from 'node:readline/promises';
import { CommandFailure, EXIT } from './command-failure.ts';
import type { Output } from './output.ts';

/** Resolves on yes. @throws CommandFailure on no (exit 1), and where standard input is no terminal (exit 2) */
export async function ask(output: Output, question: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new CommandFailure(`${question} Nobody can be asked here`, EXIT.usage, 'add --yes; nothing was done');
  }
  const asking = output.asking();
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure('nothing was done', EXIT.failed);
  } finally {
    terminal.close();
    asking.stop();
  }
}
