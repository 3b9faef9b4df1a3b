// Runs one step of a launcher in the foreground: its output is ours, and an interrupt reaches it before it reaches us.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { project } from './dependencies.mjs';

// A terminal sends an interrupt to the whole group, a supervisor sends SIGTERM to us alone: both must reach the child
// once, and we stay until it has ended, so that what comes after it (ending the services) still happens.
const PASSED_ON = ['SIGTERM', 'SIGHUP'];

/** Resolves with the exit code; a child that a signal ended counts as 128 + the signal, as a shell counts it. */
export function foreground(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: project, env, stdio: 'inherit' });
    const handlers = [['SIGINT', () => {}], ...PASSED_ON.map((name) => [name, () => child.kill(name)])];
    for (const [name, handler] of handlers) process.on(name, handler);
    const settle = (outcome, value) => {
      for (const [name, handler] of handlers) process.off(name, handler);
      outcome(value);
    };
    child.on('error', (error) => settle(reject, error));
    child.on('close', (code, signal) => settle(resolve, code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
