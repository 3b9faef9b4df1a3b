// docs/redis-layout.md as data: its keys, the fields of each, and the commands.

import { readFileSync } from 'node:fs';
import { FOLD_SETTING_NAMES } from '../../src/domain/fold-settings.ts';
import { OUTCOMES, REJECT_REASONS } from '../../src/domain/outcome.ts';
import { COUNTED_REASONS } from '../../src/domain/roll-up.ts';
import { LIVENESSES, PROCESSED_STATS, TASK_STATUSES } from '../../src/domain/task-state.ts';
import { MARKS } from '../../src/domain/update-class.ts';

export interface DocumentedKey {
  /** behind the tag, such as `:task:<id>:io` */
  readonly name: string;
  readonly type: string;
  /** each with its placeholders */
  readonly fields: readonly string[];
  /** words of the command behind `redis-cli` */
  readonly command: readonly string[];
}

const NAMES: { readonly [placeholder: string]: readonly string[] } = {
  status: [...TASK_STATUSES, 'unreported'],
  reason: COUNTED_REASONS,
  liveness: LIVENESSES,
  stat: PROCESSED_STATS,
  outcome: OUTCOMES,
  reject_reason: REJECT_REASONS,
  setting: FOLD_SETTING_NAMES,
  mark: MARKS,
};

export function documentedKeys(): DocumentedKey[] {
  const page = readFileSync(new URL('../../docs/redis-layout.md', import.meta.url), 'utf8');
  const sections = page.split(/^### /m).slice(1);
  return sections.map((section) => {
    const [, name, type] = /^`\{tag\}([^`]*)` (.*)$/m.exec(section) ?? [];
    const [, command] = /^redis-cli (.*)$/m.exec(section) ?? [];
    if (name === undefined || type === undefined || command === undefined) throw new Error(`not read: ${section}`);
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const fields = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([^`]+)`/g)].map(([, field]) => field!));
    return { name, type: TYPES[type] ?? type, fields, command: command.match(/'[^']*'|\S+/g)!.map(unquoted) };
  });
}

/** As Redis' TYPE says it. */
const TYPES: { readonly [words: string]: string } = { 'sorted set': 'zset' };

function unquoted(word: string): string {
  return word.startsWith("'") ? word.slice(1, -1) : word;
}

/** All names that a documented field stands for; null where it has an id in it, and stands for any number. */
export function namesOf(field: string): string[] | null {
  const [placeholder, word] = /<(\w+)>/.exec(field) ?? [];
  if (placeholder === undefined) return [field];
  return NAMES[word!]?.map((name) => field.replace(placeholder, name)) ?? null;
}

/** Whether a key's name, or a field, is what is documented so. An id within a key has no colon. */
export function matches(documented: string, found: string): boolean {
  const pattern = documented.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/<\w+>/g, '[^:]*');
  return new RegExp(`^${pattern}$`, 's').test(found);
}
