// Asks the operator before something is done that cannot be taken back.

import { createInterface } from 'node:readline/promises';
import { CommandFailure, EXIT } from './command-failure.ts';

/** Returns where the answer is yes. @throws CommandFailure: it is no (exit 1), or nobody can be asked (exit 2) */
export async function ask(question: string): Promise<void> {
  if (!process.stdin.isTTY) {
    throw new CommandFailure(`${question} Nobody can be asked here`, EXIT.usage, 'add --yes; nothing was done');
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await terminal.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CommandFailure('nothing was done', EXIT.failed);
  } finally {
    terminal.close();
  }
}
