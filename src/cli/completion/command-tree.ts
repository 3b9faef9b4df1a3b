// What the shells' scripts are made from: every command of the program with what may follow it.

import type { Command } from 'commander';

export interface CompletedOption {
  /** without the hyphens */
  readonly long: string;
  readonly short?: string;
  readonly meaning: string;
  readonly takesValue: boolean;
  /** the values that it takes, where they are known */
  readonly choices: readonly string[];
}

export interface CompletedCommand {
  /** as it is typed behind `taskfold`; none: the program itself */
  readonly path: readonly string[];
  readonly children: readonly { readonly name: string; readonly meaning: string }[];
  readonly options: readonly CompletedOption[];
  /** of its first argument, where they are known */
  readonly choices: readonly string[];
}

/** The program first, and each command before those below it. */
export function commandTree(program: Command): CompletedCommand[] {
  return treeBelow(program, []);
}

function treeBelow(command: Command, path: readonly string[]): CompletedCommand[] {
  const help = command.createHelp();
  const children = help.visibleCommands(command);
  const options = help.visibleOptions(command).flatMap((option): CompletedOption[] => {
    if (option.long == null) return [];
    const takesValue = option.required || option.optional;
    return [
      {
        long: option.long.replace(/^--/, ''),
        ...(option.short == null ? {} : { short: option.short.replace(/^-/, '') }),
        meaning: option.description,
        takesValue,
        choices: option.argChoices ?? [],
      },
    ];
  });
  const own: CompletedCommand = {
    path,
    children: children.map((child) => ({ name: child.name(), meaning: child.summary() || child.description() })),
    options,
    choices: command.registeredArguments[0]?.argChoices ?? [],
  };
  const real = children.filter((child) => command.commands.includes(child));
  return [own, ...real.flatMap((child) => treeBelow(child, [...path, child.name()]))];
}
