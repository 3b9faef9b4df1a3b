// `npm run demo`, the show itself: started by deploy/launch with services of its own in the environment.

import { HELP, readOptions } from './options.ts';
import { DemoFailed, Show } from './show.ts';

const SERVICES = ['KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'REDIS_URL'];
const INTERRUPTED = 130;

process.exitCode = await main();

async function main(): Promise<number> {
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  try {
    const options = readOptions(process.argv.slice(2));
    if (options === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    const missing = SERVICES.filter((name) => !process.env[name]);
    if (missing.length > 0) throw new DemoFailed(`${missing.join(', ')} not set: start it with "npm run demo"`);
    const good = await new Show(options, ownEnvironment(), stopping.signal).run();
    return good ? 0 : 1;
  } catch (error) {
    if (stopping.signal.aborted) {
      process.stderr.write('demo: stopped\n');
      return INTERRUPTED;
    }
    process.stderr.write(`demo: ${error instanceof DemoFailed ? error.message : messageOf(error)}\n`);
    return 1;
  }
}

/** The services that were started for us, and no setting that somebody has for another Taskfold. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TASKFOLD_'));
  return Object.fromEntries(kept);
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A mistyped option is the user's; its message says it all.
  const isUsage = 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  return isUsage || error.message.startsWith('--')
    ? `${error.message} (--help shows the options)`
    : (error.stack ?? error.message);
}
