// The image's health check: exits 0 where the processor of this container is live. Where it does not listen, as in a container that
// runs another command, there is nothing to ask. `taskfold serve` listens elsewhere: its address is given as the argument.
const DEADLINE_MS = 4_000;

const listen = process.argv[2] || process.env.TASKFOLD_OBSERVE_LISTEN || 'off';
if (listen === 'off') process.exit(0);
const port = listen.slice(listen.lastIndexOf(':') + 1);
const host = listen.slice(0, -port.length - 1);
// An address of all interfaces is none that can be asked.
const asked = host === '' || host === '0.0.0.0' || host === '[::]' ? '127.0.0.1' : host;
try {
  const answer = await fetch(`http://${asked}:${port}/livez`, { signal: AbortSignal.timeout(DEADLINE_MS) });
  process.stdout.write(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  process.stdout.write(`${error.cause?.code ?? error.name}\n`);
  process.exitCode = 1;
}
