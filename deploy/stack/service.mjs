// One service of the stack in its own folder of the data folder: started, found again, judged, stopped. The folder
// holds its ports, its process (service.json), its log and its data, and is all that one command knows of another.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kafka } from './kafka.mjs';
import { freePort, isFree } from './ports.mjs';
import { isRunning, signal, startDetached, stopProcess } from './process.mjs';
import { redis } from './redis.mjs';
import { registry } from './registry.mjs';
import { StackError } from './run.mjs';

export const kinds = { kafka, registry, redis };
const POLL_MS = 100;
const START_ATTEMPTS = 3;
const LOG_LINES_SHOWN = 8;

/** The kind of the service called `name`: `redis-2` is a second `redis`. */
export function kindOf(name) {
  const kind = kinds[name.replace(/-\d+$/, '')];
  if (!kind) throw new StackError(`there is no service ${name}; the services are ${Object.keys(kinds).join(', ')}`);
  return kind;
}

/** The names of all services that were ever started in a data folder. */
export function servicesIn(data) {
  if (!existsSync(data)) return [];
  return readdirSync(data).filter((name) => existsSync(join(data, name, 'service.json')));
}

export function read(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'service.json'), 'utf8'));
  } catch {
    return undefined;
  }
}

function write(folder, record) {
  const file = join(folder, 'service.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(record)}\n`);
  renameSync(`${file}.new`, file);
}

/** `up` (running and answering), `silent` (running, no answer), `down` (was started, runs no more) or `absent`. */
export async function stateOf(folder) {
  const record = read(folder);
  if (record === undefined) return { state: 'absent' };
  const { ports, process } = record;
  const options = record.options ?? {};
  const url = kindOf(basename(folder)).url(ports, options);
  if (!isRunning(process)) return { state: 'down', url };
  const answers = await kindOf(basename(folder)).answers(ports, options);
  return { state: answers ? 'up' : 'silent', url, pid: process.pid };
}

/**
 * Makes the service of this folder run and answer, on the ports it had if they are free. Says whether it had to.
 * @param options of its kind; it keeps those that it was first started with
 */
export async function ensureUp(folder, programs, onProgress, options = {}) {
  const kind = kindOf(basename(folder));
  const found = read(folder);
  if (found && isRunning(found.process)) {
    // It may be starting still: an `up` that was interrupted leaves services behind which answer a little later.
    if (await waitForAnswer(kind, found, 20_000)) return false;
    onProgress(`${kind.title}: process ${found.process.pid} does not answer, starting it anew`);
    await stop(folder);
  }
  for (let attempt = 1; ; attempt++) {
    const record = await launch(folder, kind, programs, attempt, found?.options ?? options);
    onProgress(`${kind.title}: starting (process ${record.process.pid})`);
    const from = Date.now();
    if (await waitForAnswer(kind, record, kind.startMsMax)) {
      onProgress(
        `${kind.title}: answers at ${kind.url(record.ports, record.options)} after ${seconds(Date.now() - from)}`,
      );
      return true;
    }
    const died = !isRunning(record.process);
    await stop(folder);
    // Somebody may have taken a port between our look and the service's own: other ports then.
    const portTaken = died && /in use|BindException/i.test(logTail(folder, 200));
    if (portTaken && attempt < START_ATTEMPTS) continue;
    throw new StackError(
      `${kind.title} ${died ? 'ended while starting' : `does not answer after ${seconds(kind.startMsMax)}`}; ` +
        `the end of its log ${join(folder, 'log')}:\n${logTail(folder, LOG_LINES_SHOWN)}`,
    );
  }
}

async function launch(folder, kind, programs, attempt, kindOptions) {
  mkdirSync(folder, { recursive: true });
  const ports = attempt === 1 ? await choosePorts(kind, read(folder)?.ports) : await choosePorts(kind);
  const context = { folder, ports, programs, options: kindOptions };
  await kind.prepare(context);
  const { command, args, env } = kind.command(context);
  const options = { logFile: join(folder, 'log'), cwd: folder, env: { ...process.env, ...env } };
  const record = { ports, options: kindOptions, process: startDetached(command, args, options) };
  write(folder, record);
  return record;
}

async function choosePorts(kind, before = {}) {
  const taken = new Set();
  const ports = {};
  for (const name of kind.ports) {
    const kept = before[name];
    ports[name] = kept !== undefined && (await isFree(kept)) ? kept : await freePort(taken);
    taken.add(ports[name]);
  }
  return ports;
}

async function waitForAnswer(kind, record, withinMs) {
  const until = Date.now() + withinMs;
  while (Date.now() < until && isRunning(record.process)) {
    // A stranger on our port could answer as well: only an answer while our own process runs counts.
    if ((await kind.answers(record.ports, record.options ?? {})) && isRunning(record.process)) return true;
    await sleep(POLL_MS);
  }
  return false;
}

/** Stops the service of this folder if it runs; its ports and data stay. Says whether it ran. */
export async function stop(folder, { with: name = 'SIGTERM' } = {}) {
  const record = read(folder);
  if (record === undefined || !isRunning(record.process)) return false;
  await stopProcess(record.process, { graceMs: kindOf(basename(folder)).graceMs, with: name });
  return true;
}

/** Sends a signal such as SIGSTOP or SIGCONT to the service of this folder. */
export function send(folder, name) {
  const record = read(folder);
  if (record) signal(record.process, name);
}

function logTail(folder, lines) {
  try {
    return readFileSync(join(folder, 'log'), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no log)';
  }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}
