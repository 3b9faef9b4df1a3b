// The npm dependencies and Node 24, which comes as one of them: whatever Node the machine has, our sources run on the
// one that the lock file names.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, StackError } from '../stack/run.mjs';

export const project = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const NODE_MAJOR_MIN = 24;
const SIGN_OF_LIFE_MS = 5_000;

export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Makes node_modules hold what the lock file says. Returns the path of the Node that runs everything from here on. */
export async function provideDependencies() {
  if (!upToDate()) await install();
  return findNode();
}

/**
 * npm keeps, inside node_modules, a lock file of what it really installed. It lacks only what is optional, such as
 * another system's binaries.
 */
function upToDate() {
  const wanted = packagesOf(join(project, 'package-lock.json'));
  const there = packagesOf(join(project, 'node_modules', '.package-lock.json'));
  if (wanted === undefined)
    throw new StackError('package-lock.json is missing or damaged: take it from the repository');
  if (there === undefined) return false;
  delete wanted[''];
  const same = (path) =>
    wanted[path]?.version === there[path]?.version && wanted[path]?.integrity === there[path]?.integrity;
  const needed = Object.keys(wanted).filter((path) => !wanted[path].optional && !wanted[path].devOptional);
  return needed.every(same) && Object.keys(there).every(same);
}

function packagesOf(lockFile) {
  try {
    return JSON.parse(readFileSync(lockFile, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function install() {
  const from = Date.now();
  const why = existsSync(join(project, 'node_modules')) ? 'differ from the lock file' : 'are not there yet';
  say(`npm ci: the dependencies ${why}, installing them`);
  const timer = setInterval(() => {
    say(`npm ci: installing for ${Math.round((Date.now() - from) / 1000)} s`);
  }, SIGN_OF_LIFE_MS);
  try {
    // Under `npm run` the very npm that runs us is named in the environment.
    const npm = process.env.npm_execpath;
    const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : [npm || 'npm', []];
    const args = [...before, 'ci', '--no-audit', '--no-fund', '--fetch-retry-mintimeout=2000'];
    const done = await run(command, args, { cwd: project });
    if (done.code !== 0) throw new StackError(`the dependencies could not be installed: ${complaint(done.output)}`);
  } finally {
    clearInterval(timer);
  }
  say(`npm ci: done after ${Math.round((Date.now() - from) / 1000)} s`);
}

function complaint(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ENETUNREACH|ETIMEDOUT|ERR_SOCKET_TIMEOUT/.test(output)) {
    return 'npm reaches no registry (is this machine connected to the internet?)';
  }
  const lines = output.split('\n').filter((line) => /^npm (error|ERR!)/.test(line) && !line.includes('complete log'));
  const said = lines.map((line) => line.replace(/^npm (error|ERR!) ?/, '')).filter((line) => line.trim() !== '');
  // The build runs within the install: what the compiler says about our own sources matters more than npm's summary.
  const compiler = output.split('\n').find((line) => /error TS\d+|^Error:/.test(line));
  return compiler ?? said.slice(0, 3).join('; ') ?? 'npm says no more';
}

async function findNode() {
  const own = join(project, 'node_modules', 'node', 'bin', 'node');
  for (const node of [own, process.execPath]) {
    const { code, output } = await run(node, ['--version']);
    if (code === 0 && Number(/^v(\d+)/.exec(output)?.[1]) >= NODE_MAJOR_MIN) return node;
  }
  throw new StackError(
    `Node ${NODE_MAJOR_MIN} is missing: this machine has ${process.version}, and the dependency "node" did not bring ` +
      'its own (are install scripts switched off? then: npm rebuild node --ignore-scripts=false)',
  );
}

/** The environment for what we start: our Node and tools first on the PATH, and no setting of the user's own services. */
export function environment(node, additions = {}) {
  const foreign = /^(TASKFOLD_|KAFKA_|SCHEMA_REGISTRY_|REDIS_)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const path = [dirname(node), join(project, 'node_modules', '.bin'), process.env.PATH].join(':');
  return { ...Object.fromEntries(kept), PATH: path, ...additions };
}
