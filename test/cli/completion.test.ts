// Shell completion: bash runs its script here. zsh and fish are asked whether theirs is well-formed where a machine has them;
// everywhere their text is looked at.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { bashScript } from '../../src/cli/completion/bash-script.ts';
import { commandTree } from '../../src/cli/completion/command-tree.ts';
import { fishScript } from '../../src/cli/completion/fish-script.ts';
import { zshScript } from '../../src/cli/completion/zsh-script.ts';
import { createProgram } from '../../src/cli/program.ts';
import { taskfold } from './taskfold.ts';

const tree = commandTree(await createProgram());
const SCRIPTS = { bash: bashScript(tree), zsh: zshScript(tree), fish: fishScript(tree) } as const;
type Shell = keyof typeof SCRIPTS;
const SHELLS = Object.keys(SCRIPTS) as Shell[];

const folder = mkdtempSync(join(tmpdir(), 'taskfold-completion-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fileOf = (shell: Shell) => join(folder, `taskfold.${shell}`);
for (const shell of SHELLS) writeFileSync(fileOf(shell), SCRIPTS[shell]);

/** What bash offers for the last word of a command line. */
function offered(...words: string[]): string[] {
  const run = `source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _taskfold; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync('bash', ['-uec', run, fileOf('bash'), 'taskfold', ...words], { encoding: 'utf8' });
  return text.split('\n').filter((line) => line !== '');
}

describe('bash', () => {
  test('offers the commands, and those below them', () => {
    expect(offered('')).toEqual(expect.arrayContaining(['run', 'settings', 'partitions', 'completion', 'help']));
    expect(offered('se')).toEqual(['serve', 'settings']);
    expect(offered('settings', '')).toEqual(['show', 'set']);
    expect(offered('partitions', 're')).toEqual(['resume', 'rebuild', 'reset']);
    expect(offered('no-such-command', 'x')).toEqual([]);
  });

  test('offers the options of the command that the line stands behind, and of no other', () => {
    expect(offered('settings', 'set', '--')).toEqual(
      expect.arrayContaining(['--yes', '--no-wait', '--change', '--json']),
    );
    expect(offered('settings', '--')).not.toContain('--yes');
    expect(offered('run', '--dr')).toEqual(['--drain-ms-max']);
    expect(offered('status', '--json', '--gr')).toEqual(['--group']);
  });

  test('offers the values of an option or an argument where they are known, and nothing else where they are not', () => {
    expect(offered('run', '--log-level', '')).toEqual(['debug', 'info', 'warn', 'error', 'silent']);
    expect(offered('run', '--log-level', 'w')).toEqual(['warn']);
    expect(offered('completion', '')).toEqual(['bash', 'zsh', 'fish']);
    expect(offered('verify', '--truth', '')).toEqual([]);
  });

  test('evaluates nothing of what was typed', () => {
    const trap = join(folder, 'sprung');
    for (const word of [`$(touch ${trap})`, `\`touch ${trap}\``, `';touch ${trap};'`]) {
      expect(offered(word, '')).toEqual(offered(''));
      expect(offered('task', word)).toEqual([]);
      expect(offered('task', '--', word, '--js')).toEqual(['--json']);
    }
    expect(existsSync(trap)).toBe(false);
  });

  test('can be loaded twice', () => {
    const run = 'source "$0"; source "$0"; complete -p taskfold';
    const text = execFileSync('bash', ['-uec', run, fileOf('bash')], { encoding: 'utf8' });
    expect(text).toContain('-F _taskfold taskfold');
  });
});

describe.each(SHELLS)('the script for %s', (shell) => {
  test('is what the command prints', async () => {
    expect(await taskfold(['completion', shell])).toEqual({ code: 0, stdout: SCRIPTS[shell], stderr: '' });
  });

  test('names every command and option', () => {
    const script = SCRIPTS[shell];
    for (const { path, options } of tree) {
      if (path.length > 0) expect(script).toContain(`'${path.join(' ')}'`);
      for (const { long } of options) expect(script).toMatch(new RegExp(`(--|-l )${long}\\b`));
    }
  });

  test('is well-formed for that shell, where it is to be had, and by its quotes everywhere', () => {
    const checked = spawnSync(shell, ['-n', fileOf(shell)], { encoding: 'utf8' });
    const isThere = (checked.error as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT';
    expect(isThere ? [checked.status, checked.stderr] : [0, '']).toEqual([0, '']);
    // Lines of zsh and fish stand alone, but for what ends in an operator: a quote that stays open would take in the next one.
    for (const line of SCRIPTS[shell].split('\n')) {
      const quotes =
        line
          .replace(/^#.*/, '')
          .replaceAll(/\\['\\]/g, '')
          .match(/'/g) ?? [];
      expect(quotes.length % 2, line).toBe(0);
    }
  });
});

test('another shell is a usage error that names those that there are', async () => {
  const { code, stderr } = await taskfold(['completion', 'powershell']);
  expect(code).toBe(2);
  expect(stderr).toContain('Allowed choices are bash, zsh, fish');
});
