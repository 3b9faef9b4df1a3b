// What apt-get can do for a missing program: Java and Maven are installed (neither brings a system service), Redis is
// only unpacked into our cache, because its package would register and start a service of the machine.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { onPath, run, StackError } from './run.mjs';

const QUIET = { DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
const SIGN_OF_LIFE_MS = 5_000;
const LOCK_WAIT = ['-o', 'DPkg::Lock::Timeout=120'];

export function canInstall() {
  return onPath('apt-get') !== undefined && process.getuid?.() === 0;
}

/** Installs packages; each is a list of alternatives, of which the first that the archive has is taken. */
export async function install(packages, onProgress) {
  let chosen = await choose(packages);
  if (chosen.includes(undefined)) {
    await update(onProgress);
    chosen = await choose(packages);
  }
  const missing = packages.find((_, at) => chosen[at] === undefined);
  if (missing) throw new StackError(`Debian's archive has no package ${missing.join(' or ')}, or cannot be reached`);
  onProgress(`installing ${chosen.join(', ')} by apt-get (forbid it with --no-install)`);
  const args = ['install', '-y', '--no-install-recommends', ...LOCK_WAIT, ...chosen];
  const from = Date.now();
  const timer = setInterval(() => {
    onProgress(`apt-get: installing for ${Math.round((Date.now() - from) / 1000)} s`);
  }, SIGN_OF_LIFE_MS);
  try {
    let done = await run('apt-get', args, { env: QUIET });
    if (done.code !== 0) {
      // Lists that are older than the archive name files which are no longer there.
      await update(onProgress);
      done = await run('apt-get', args, { env: QUIET });
    }
    if (done.code !== 0) throw new StackError(`apt-get could not install it: ${complaint(done.output)}`);
  } finally {
    clearInterval(timer);
  }
}

/** Unpacks a package, and those of its dependencies that the machine lacks, into `folder` without installing anything. */
export async function unpack(name, folder, onProgress) {
  const archives = join(folder, 'archives');
  mkdirSync(join(archives, 'partial'), { recursive: true });
  const options = [`Dir::Cache::archives=${archives}`, 'Debug::NoLocking=1', 'APT::Sandbox::User=root'];
  const args = ['install', '-y', '--download-only', '--no-install-recommends', ...LOCK_WAIT];
  for (const option of options) args.push('-o', option);
  const fetch = () => run('apt-get', [...args, name], { env: QUIET });
  let done = await fetch();
  if (done.code !== 0 && process.getuid?.() === 0) {
    await update(onProgress);
    done = await fetch();
  }
  if (done.code !== 0) throw new StackError(`apt-get could not download ${name}: ${complaint(done.output)}`);
  for (const file of readdirSync(archives).filter((file) => file.endsWith('.deb'))) {
    const unpacked = await run('dpkg', ['-x', join(archives, file), folder]);
    if (unpacked.code !== 0) throw new StackError(`dpkg could not unpack ${file}: ${complaint(unpacked.output)}`);
  }
  rmSync(archives, { recursive: true, force: true });
}

async function choose(packages) {
  const known = await run('apt-cache', ['policy', ...packages.flat()], { env: QUIET });
  const available = new Set(
    [...known.output.matchAll(/^(\S+):\n {2}Installed: .*\n {2}Candidate: (.+)$/gm)]
      .filter(([, , candidate]) => candidate !== '(none)')
      .map(([, name]) => name),
  );
  return packages.map((alternatives) => alternatives.find((name) => available.has(name)));
}

async function update(onProgress) {
  onProgress('refreshing the package lists by apt-get update');
  await run('apt-get', ['update', ...LOCK_WAIT], { env: QUIET });
}

function complaint(output) {
  if (
    /Temporary failure resolving|Could not (resolve|connect)|Unable to connect|Network is unreachable/i.test(output)
  ) {
    return 'it reaches no archive (is this machine connected to the internet?)';
  }
  const line = output.split('\n').findLast((line) => line.startsWith('E:')) ?? output.trim().split('\n').at(-1) ?? '';
  return line.replace(/^E:\s*/, '');
}
