// The stack as a whole, for the command line (main.mjs) and for tests (types in stack.d.mts): Kafka, the schema registry
// and Redis in one data folder, as processes that need nobody to go on.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { providePrograms } from './programs.mjs';
import { StackError } from './run.mjs';
import { ensureUp, kindOf, kinds, read, send, servicesIn, stateOf, stop } from './service.mjs';

export { StackError };

const SERVICES = Object.keys(kinds);

/** Brings the named services up in `data`; what runs already is left alone, what is half dead is repaired. */
export async function up({ data, services = SERVICES, options = {}, install = true, onProgress = () => {} }) {
  if (process.platform === 'win32') throw new StackError('the local stack runs on Linux and macOS; on Windows use WSL');
  const folder = prepareFolder(data);
  const work = async () => {
    const kindNames = new Set(services.map((name) => kindOf(name).kind));
    const programs = await providePrograms(kindNames, { install, onProgress });
    const outcomes = await Promise.allSettled(
      services.map((name) => ensureUp(join(folder, name), programs, onProgress, options[name])),
    );
    const failed = outcomes.find(({ status }) => status === 'rejected');
    if (failed) throw failed.reason;
    return { started: outcomes.some(({ value }) => value), env: envOf(folder, services) };
  };
  return withLock(join(folder, 'lock'), work, (pid) => onProgress(`process ${pid} works on ${folder}, waiting`));
}

/** Downloads and installs what the services need, without starting one: a head start while other things happen. */
export function provideServices({ services = SERVICES, install = true, onProgress = () => {} } = {}) {
  return providePrograms(new Set(services.map((name) => kindOf(name).kind)), { install, onProgress });
}

/** Stops every service that was started in `data`, and nothing else. Returns the names of those that ran. */
export async function down({ data, onProgress = () => {} }) {
  const names = servicesIn(resolve(data));
  if (names.length === 0) return [];
  const work = async () => {
    const stopped = await Promise.all(
      names.map(async (name) => {
        const ran = await stop(join(resolve(data), name));
        if (ran) onProgress(`${kindOf(name).title}: stopped`);
        return ran ? [name] : [];
      }),
    );
    return stopped.flat();
  };
  return withLock(join(resolve(data), 'lock'), work, (pid) => onProgress(`process ${pid} works on ${data}, waiting`));
}

/** The state of each service by name; `silent` runs without answering. */
export async function status({ data }) {
  const names = new Set([...SERVICES, ...servicesIn(resolve(data))]);
  const states = await Promise.all([...names].map(async (name) => [name, await stateOf(join(resolve(data), name))]));
  return Object.fromEntries(states);
}

/**
 * A stack that ends with the calling process, however that ends: for tests. Without `data` it lives in a new folder
 * below the machine's temporary folder, which is removed with it.
 */
export async function startStack(options = {}) {
  const { services = SERVICES, options: kindOptions = {}, install = true, onProgress = () => {} } = options;
  const temporary = options.data === undefined || options.removeData === true;
  const data = prepareFolder(options.data ?? mkdtempSync(join(tmpdir(), 'taskfold-stack-')));
  const guard = startGuard(data, temporary);
  const start = (name, own = {}) => up({ data, services: [name], options: { [name]: own }, install, onProgress });
  const handle = (name) => ({
    name,
    folder: join(data, name),
    get url() {
      const { ports, options } = read(join(data, name));
      return kindOf(name).url(ports, options ?? {});
    },
    get ports() {
      return read(join(data, name)).ports;
    },
    get pid() {
      return read(join(data, name)).process.pid;
    },
    start: () => start(name).then(() => {}),
    stop: () => stop(join(data, name)).then(() => {}),
    kill: () => stop(join(data, name), { with: 'SIGKILL' }).then(() => {}),
    restart: async () => {
      await stop(join(data, name));
      await start(name);
    },
    pause: () => send(join(data, name), 'SIGSTOP'),
    resume: () => send(join(data, name), 'SIGCONT'),
  });
  let extraRedis = 0;
  const stack = {
    data,
    env: {},
    kafka: handle('kafka'),
    registry: handle('registry'),
    redis: handle('redis'),
    get pids() {
      return Object.fromEntries(servicesIn(data).map((name) => [name, read(join(data, name)).process.pid]));
    },
    service: handle,
    async startRedis(own = {}) {
      extraRedis += 1;
      const name = `redis-${extraRedis + 1}`;
      await start(name, own);
      return handle(name);
    },
    async stop() {
      await down({ data, onProgress });
      guard.release();
      if (temporary) rmSync(data, { recursive: true, force: true });
    },
  };
  try {
    stack.env = (await up({ data, services, options: kindOptions, install, onProgress })).env;
  } catch (error) {
    await stack.stop();
    throw error;
  }
  return stack;
}

function prepareFolder(data) {
  mkdirSync(data, { recursive: true });
  return realpathSync(data);
}

function envOf(folder, services) {
  const main = services.filter((name) => name in kinds);
  const urlOf = (name) => {
    const { ports, options } = read(join(folder, name));
    return kinds[name].url(ports, options ?? {});
  };
  return Object.fromEntries(main.map((name) => [kinds[name].envName, urlOf(name)]));
}

/** A process that ends the stack when we are gone, even by kill -9: its standard input closes then. */
function startGuard(data, temporary) {
  const program = join(dirname(fileURLToPath(import.meta.url)), 'guard.mjs');
  const args = [program, data, ...(temporary ? ['--remove'] : [])];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.unref();
  child.stdin.unref?.();
  // If the guard itself is gone, ending it fails with EPIPE, which is no concern of the test.
  child.stdin.on('error', () => {});
  return { release: () => child.stdin.end('released') };
}
