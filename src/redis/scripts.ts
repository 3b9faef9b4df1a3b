// Loads the Lua scripts of this folder onto a connection and gives each a typed call. The scripts decide nothing but
// "may this write happen"; their heads say what they take and answer.

import { readFileSync } from 'node:fs';
import type { RedisClient } from './redis-target.ts';

const SCRIPTS = {
  save: 'save.lua',
  claim: 'claim.lua',
  begin: 'begin.lua',
  readTasks: 'read-tasks.lua',
  readTombstones: 'read-tombstones.lua',
  readRollUps: 'read-roll-ups.lua',
  readLooks: 'read-looks.lua',
  readPlaces: 'read-places.lua',
  readNotices: 'read-notices.lua',
  readSlot: 'read-slot.lua',
  trim: 'trim.lua',
  dropTombstones: 'drop-tombstones.lua',
  clearMark: 'clear-mark.lua',
  clearKeys: 'clear-keys.lua',
  load: 'load.lua',
  probe: 'probe.lua',
} as const;

/** Scripts that answer in bytes: Buffers instead of strings. */
const BYTES: ReadonlySet<string> = new Set(['readTasks', 'readPlaces']);

export type SlotScript = keyof typeof SCRIPTS;
/** Runs a script; rejects with the library's own error. */
export type RunScript = (
  script: SlotScript,
  keys: readonly string[],
  argv: readonly (string | Buffer)[],
) => Promise<unknown>;

/** The first call on a socket sends the script's text, later ones its digest; Redis asks again when it has forgotten it. */
export function defineScripts(redis: RedisClient): RunScript {
  for (const [name, file] of Object.entries(SCRIPTS)) {
    redis.defineCommand(`taskfold_${name}`, { lua: readFileSync(new URL(file, import.meta.url), 'utf8') });
  }
  const commands = redis as unknown as Record<string, (count: number, ...args: unknown[]) => Promise<unknown>>;
  return (script, keys, argv) => {
    const bytes = BYTES.has(script) ? 'Buffer' : '';
    return commands[`taskfold_${script}${bytes}`]!(keys.length, keys, argv);
  };
}
