// Preloaded into a processor that is measured: leaves parts of its work undone, to see what they cost. What comes to Redis is then
// incomplete, and good for nothing else.

import { registerHooks } from 'node:module';
import { isPart, PARTS, WITHOUT } from './parts.ts';

const SOURCES = new URL('../../src/', import.meta.url).href;
/** A module with this behind its address is our own, as it is. */
const OWN = '?own';

const replaced = new Map<string, string>();
for (const part of process.env[WITHOUT]!.split(',').filter(isPart)) {
  for (const [file, exports] of Object.entries(PARTS[part])) replaced.set(SOURCES + file, exports);
}

registerHooks({
  load(url, context, next) {
    const exports = replaced.get(url);
    if (exports === undefined) return next(url, context);
    return { format: 'module', source: `export * from '${url}${OWN}';\n${exports}`, shortCircuit: true };
  },
});
