// `taskfold completion bash|zsh|fish`: the script by which a shell completes command lines of ours.

import type { Command } from 'commander';
import { z } from 'zod';
import { defineCommand } from './command-context.ts';
import { EXIT } from './command-failure.ts';
import { bashScript } from './completion/bash-script.ts';
import { commandTree } from './completion/command-tree.ts';
import { fishScript } from './completion/fish-script.ts';
import { zshScript } from './completion/zsh-script.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
const SHELLS = Object.keys(SCRIPTS) as (keyof typeof SCRIPTS)[];

/** @param program all commands, made when it is asked for: this one is part of them */
export function completionCommand(program: () => Promise<Command>): Command {
  return defineCommand({
    name: 'completion',
    summary: 'print the script that completes commands and options in bash, zsh or fish',
    description:
      'Prints a script made from the commands of this version; load it again after an upgrade. It starts no process: a TAB costs ' +
      'nothing. Where a value is wanted that it does not know, names of files are completed.',
    examples: [
      ['completion bash > /etc/bash_completion.d/taskfold', 'for every user of bash'],
      ['completion zsh > ~/.zsh/completions/_taskfold', 'for zsh, where that folder is in fpath before compinit runs'],
      ['completion fish > ~/.config/fish/completions/taskfold.fish', 'for fish'],
    ],
    arguments: [['<shell>', 'whose script to print', SHELLS]],
    parse: z.object({}),
    settings: [],
    async run({ output }, _options, [shell]) {
      const script = SCRIPTS[shell as keyof typeof SCRIPTS](commandTree(await program()));
      await output.result({ shell, script }, () => script.trimEnd());
      return EXIT.done;
    },
  });
}
