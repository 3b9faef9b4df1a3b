// `npm run stack -- up|down|status`: the command line of the local stack. Plain JavaScript without dependencies, for
// Node 20 and up: it runs before any install.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { down, StackError, status, up } from './stack.mjs';

const project = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const HELP = `npm run stack -- <command> [options]

Real Kafka, schema registry and Redis as processes of this machine, on free loopback ports.

commands
  up        start what does not run, wait until all three answer, and leave them running
  down      stop what up started, and nothing else; the data stays
  status    say how each is; exit code 1 unless all are up

options
  --data DIR     where data, logs and process ids live (default: .taskfold/stack in the project)
  --json         one line of JSON on standard output, progress on standard error
  --no-install   never install a missing program with the machine's package manager
  --help         this text`;

const options = {
  data: { type: 'string', default: join(project, '.taskfold', 'stack') },
  json: { type: 'boolean', default: false },
  'no-install': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
};

const commands = {
  async up({ data, json, install }) {
    const onProgress = (line) => (json ? process.stderr : process.stdout).write(`${line}\n`);
    const { env, started } = await up({ data, install, onProgress });
    if (json) return print(JSON.stringify(env));
    print(started ? `The stack is up; its data is in ${data}.` : `The stack was up already; its data is in ${data}.`);
    for (const [name, value] of Object.entries(env)) print(`export ${name}=${value}`);
  },

  async down({ data, json }) {
    const onProgress = (line) => (json ? process.stderr : process.stdout).write(`${line}\n`);
    const stopped = await down({ data, onProgress });
    if (json) print(JSON.stringify({ stopped }));
    else if (stopped.length === 0) print(`Nothing to stop: no service of ${data} is running.`);
  },

  async status({ data, json }) {
    const services = await status({ data });
    if (json) print(JSON.stringify({ services }));
    else for (const [name, found] of Object.entries(services)) print(describe(name, found));
    if (Object.values(services).some(({ state }) => state !== 'up')) process.exitCode = 1;
  },
};

function describe(name, { state, url, pid }) {
  const meaning = {
    up: `up      ${url} (process ${pid})`,
    silent: `silent  ${url} (process ${pid} runs but does not answer; "up" repairs it)`,
    down: 'down    (stopped, or ended by itself; "up" starts it)',
    absent: 'absent  (never started here; "up" starts it)',
  };
  return `${name.padEnd(10)}${meaning[state]}`;
}

function print(line) {
  process.stdout.write(`${line}\n`);
}

try {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const command = positionals.length === 1 && Object.hasOwn(commands, positionals[0]) && commands[positionals[0]];
  if (values.help) print(HELP);
  else if (command) await command({ ...values, data: resolve(values.data), install: !values['no-install'] });
  else {
    process.stderr.write(`${HELP}\n`);
    process.exitCode = 2;
  }
} catch (error) {
  const expected = error instanceof StackError || error.code?.startsWith('ERR_PARSE_ARGS');
  process.stderr.write(`stack: ${expected ? error.message : error.stack}\n`);
  process.exitCode = expected && !(error instanceof StackError) ? 2 : 1;
}
