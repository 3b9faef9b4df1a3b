// Child processes that outlive the command which started them, and the proof that a process id still means the same
// process. Part of the local stack; plain JavaScript for Node 20 and up, because it runs before any install.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_POLL_MS = 50;

/**
 * A text that two processes with one pid never share, or undefined where no such process runs. Process ids are
 * recycled: killing by pid alone could hit a stranger, days later or after a reboot.
 */
export function identityOf(pid) {
  if (process.platform === 'linux') return linuxIdentity(pid);
  try {
    const options = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] };
    const [state, ...started] = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], options)
      .trim()
      .split(/\s+/);
    return started.length === 0 || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
}

function linuxIdentity(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name, in parentheses, may itself hold blanks and parentheses; the fields count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; in a container nobody may ever collect it. But the first thread of a killed process is a zombie
    // a moment before its other threads let go of the ports: it has ended once no other thread is left.
    const otherThreads = Number(fields[17]) > 1;
    if (fields[0] === 'X' || (fields[0] === 'Z' && !otherThreads)) return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

export function isRunning({ pid, identity } = {}) {
  return pid !== undefined && identity !== undefined && identityOf(pid) === identity;
}

/** Starts a program in a session of its own, so that neither our end nor a Ctrl-C reaches it. */
export function startDetached(command, args, { logFile, cwd, env }) {
  const log = openSync(logFile, 'a');
  try {
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', log, log] });
    // A program that cannot be started has no pid; the error event must have a listener or it would end our process.
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) throw new Error(`${command} could not be started`);
    return { pid: child.pid, identity: identityOf(child.pid) };
  } finally {
    closeSync(log);
  }
}

export function signal(running, name) {
  if (!isRunning(running)) return;
  try {
    process.kill(running.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Asks the process to end, waits, and after `graceMs` ends it. Returns when it is gone. */
export async function stopProcess(running, { graceMs, with: name = 'SIGTERM' }) {
  signal(running, name);
  // A stopped (SIGSTOP) process takes no SIGTERM until it goes on.
  signal(running, 'SIGCONT');
  if (await ended(running, graceMs)) return;
  signal(running, 'SIGKILL');
  if (!(await ended(running, 10_000))) throw new Error(`process ${running.pid} does not end, not even by SIGKILL`);
}

async function ended(running, withinMs) {
  const until = Date.now() + withinMs;
  while (isRunning(running)) {
    if (Date.now() >= until) return false;
    await sleep(STOP_POLL_MS);
  }
  return true;
}
