// What stands behind `npm run demo --`.

import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** how long the fleet publishes */
  readonly seconds: number;
  readonly engines: number;
  /** updates a second */
  readonly rate: number;
  readonly tasks: number;
  readonly seed: number;
  /** share of posts that meet a fault of their sender */
  readonly faults: number;
  readonly keep: boolean;
}

export const HELP = `npm run demo [-- options]

Starts Kafka, a schema registry and Redis on this machine, two Taskfold processors, and a simulated fleet of engines
that reports its work. Half-way one processor is killed with -9 and a new one takes over. At the end every task, every
failure event and every job creation is compared with what the simulated engines really did.

  --seconds <n>  how long the fleet publishes, 10 to 3600    (default 30)
  --engines <n>  engines of the fleet, 1 to 100000           (default 200)
  --rate <n>     updates a second, 10 to 50000               (default 2000)
  --tasks <n>    tasks that they work on                     (default: one for every 20 updates)
  --seed <n>     the same seed makes the same fleet          (default 1)
  --faults <n>   share of posts that meet a fault of their sender, 0 to 0.5 (default 0.05): replies and
                 requests lost, posts late, repeated or out of order, clocks that step, restarts
  --keep         leave Kafka, the registry and Redis up afterwards, with all that is in them
  --help         this text

A live page shows it all meanwhile, at the address that is printed. On a terminal the demo stays up afterwards, with a
fleet at work, until Ctrl-C.

Exit code 0: no difference was found. The last line of standard output is one JSON object with the figures.
`;

/** @throws Error, its message one line for people */
export function readOptions(args: readonly string[]): DemoOptions | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: 'string', default: '30' },
      engines: { type: 'string', default: '200' },
      rate: { type: 'string', default: '2000' },
      tasks: { type: 'string' },
      seed: { type: 'string', default: '1' },
      faults: { type: 'string', default: '0.05' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  const seconds = wholeNumber('seconds', values.seconds, 10, 3_600);
  const engines = wholeNumber('engines', values.engines, 1, 100_000);
  const rate = wholeNumber('rate', values.rate, 10, 50_000);
  const seed = wholeNumber('seed', values.seed, 0, 2 ** 32 - 1);
  const usual = Math.ceil((seconds * rate) / 20);
  const tasks = values.tasks === undefined ? usual : wholeNumber('tasks', values.tasks, 1, 10_000_000);
  const faults = Number(values.faults);
  if (!(faults >= 0 && faults <= 0.5)) throw new Error('--faults must be a number from 0 to 0.5');
  return { seconds, engines, rate, tasks, seed, faults, keep: values.keep };
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new Error(`--${name} must be a whole number from ${least} to ${most}`);
}
