// `node deploy/complete-lock.mjs [--check]`: gives every optional dependency that npm left out of package-lock.json its
// entry. npm leaves out binaries for other systems when its registry lacks them or node_modules is there already, and
// then `npm ci` refuses that very file. Such an entry has no integrity: npm checks it against the registry alone.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(fileURLToPath(import.meta.url)), '..', 'package-lock.json');
const lock = JSON.parse(readFileSync(file, 'utf8'));
const added = [];

for (const [path, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(path, name)) continue;
    if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`${path} wants ${name} ${version}: which version is that?`);
    lock.packages[`node_modules/${name}`] = platformEntry(name, version, entry);
    added.push(name);
  }
}

if (added.length === 0) process.exit(0);
process.stdout.write(`package-lock.json lacks ${added.join(', ')}\n`);
if (process.argv.includes('--check')) {
  process.stdout.write('complete it: node deploy/complete-lock.mjs\n');
  process.exit(1);
}
const order = (one, other) => one[0].localeCompare(other[0], 'en');
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(order));
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);

/** Whether node's own look-up, from the package's folder upwards, meets an entry for `name`. */
function isLocked(path, name) {
  for (let from = path; ; from = from.slice(0, from.lastIndexOf('node_modules/')).replace(/\/$/, '')) {
    if (`${from === '' ? '' : `${from}/`}node_modules/${name}` in lock.packages) return true;
    if (from === '') return false;
  }
}

/** The system and processor are the last words of such a package's name: cli-linux-arm64-musl. */
function platformEntry(name, version, parent) {
  const found = /-(android|darwin|freebsd|linux|win32)-(arm64|arm|x64)(-musl)?$/.exec(name);
  if (!found) throw new Error(`${name} does not say which system it is for`);
  const [, os, cpu, musl] = found;
  return {
    version,
    cpu: [cpu],
    ...(parent.dev ? { dev: true } : {}),
    ...(musl ? { libc: ['musl'] } : {}),
    optional: true,
    os: [os],
  };
}
