// What halted partitions tell operators to do: each cure names commands, and each of those is one of the command line's.
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { FAULTS, type HaltCode } from '../../src/pipeline/errors.ts';
import { cureOf } from '../../src/pipeline/halts.ts';
import { namedCommands } from '../support/named-commands.ts';

const CODES = Object.entries(FAULTS).flatMap(([code, remedy]) => (remedy === 'halt' ? [code as HaltCode] : []));

const program = await createProgram();

describe('the cure of a halt', () => {
  test.each(CODES)('%s names a command for this partition, or one for all of them', (code) => {
    const commands = namedCommands(cureOf(code, 7));
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.some((words) => words.includes('7') || words[1] === 'grow')).toBe(true);
  });

  test.each(CODES)('%s names only commands and options that exist', (code) => {
    for (const words of namedCommands(cureOf(code, 7))) {
      const { command, rest } = commandAt(program, words);
      expect(command.commands, words.join(' ')).toEqual([]);
      const flags = command.options.map(({ long }) => long);
      for (const word of rest.filter((one) => one.startsWith('--'))) expect(flags).toContain(word);
    }
  });
});

/** The leaf that the words lead to, and what is left of them. */
function commandAt(program: Command, words: readonly string[]): { command: Command; rest: readonly string[] } {
  const next = program.commands.find((command) => command.name() === words[0]);
  return next === undefined ? { command: program, rest: words } : commandAt(next, words.slice(1));
}
