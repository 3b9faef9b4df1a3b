// The plumbing that every sub-command shares: settings from flags and environment, output, logs, signals, closing, and
// the way from an error to an exit code. A command file exports a function that returns `defineCommand({…})`.

import { Argument, Command, Option } from 'commander';
import { z } from 'zod';
import { type Config, environment, type Setting, type SettingGroup, settings } from '../config.ts';
import { createLogger, type Logger } from '../observe/logger.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { createOutput, type Output } from './output.ts';
import { reachAll, type Service } from './reach.ts';
import { readConfig, type SettingSource, showValue } from './read-config.ts';

export interface CommandContext {
  readonly config: Config;
  readonly sources: ReadonlyMap<string, SettingSource>;
  readonly output: Output;
  readonly logger: Logger;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Registers something to close when the command ends, however it ends; the last one first. */
  closing(close: () => Promise<void> | void): void;
}

export interface CommandSpec<Options> {
  readonly name: string;
  /** one line for the list of commands */
  readonly summary: string;
  /** what it does, whole sentences */
  readonly description: string;
  /** command lines without `taskfold`, and what each does */
  readonly examples: readonly (readonly [line: string, meaning: string])[];
  /** in commander's notation: `<id>`, `[file]`, `<partition...>`, each with its meaning, and with all that it can be where that is known */
  readonly arguments?: readonly (readonly [name: string, meaning: string, choices?: readonly string[]])[];
  /** in commander's notation, with meaning and default: `['--seconds <n>', 'how long', '30']` */
  readonly options?: readonly (readonly [flags: string, meaning: string, fallback?: string])[];
  /** Turns what commander read (text and booleans, by camelCase name) into typed options; a mismatch is exit 2. */
  readonly parse?: z.ZodType<Options>;
  /** whose flags the command takes; `logs` is always there */
  readonly settings: readonly SettingGroup[];
  /** services that must take connections before it runs; otherwise exit 3 within seconds */
  readonly needs?: readonly Service[];
  /** `at_once` (default): the first signal ends it with 130. `drains`: it watches `signal` and ends by itself; the second ends it. */
  readonly stops?: 'at_once' | 'drains';
  /** a service, which logs at `log_level`; other commands log warnings and errors unless told otherwise */
  readonly service?: boolean;
  run(context: CommandContext, options: Options, args: readonly string[]): Promise<ExitCode>;
}

/** A leaf of the command tree. Its action ends with `process.exitCode` set, or throws; `main` reports. */
export function defineCommand<Options = Record<string, never>>(spec: CommandSpec<Options>): Command {
  const command = new Command(spec.name).summary(spec.summary).description(spec.description);
  for (const [name, meaning, choices] of spec.arguments ?? []) {
    const argument = new Argument(name, meaning);
    command.addArgument(choices === undefined ? argument : argument.choices(choices));
  }
  for (const [flags, meaning, fallback] of spec.options ?? []) command.option(flags, meaning, fallback);
  command.option('--json', 'print JSON: one document, or one line an item');
  const taken = (settings as readonly Setting[]).filter(
    ({ group }) => group === 'logs' || spec.settings.includes(group),
  );
  for (const setting of taken) for (const option of settingOptions(setting)) command.addOption(option);
  command.addHelpText('after', () => examplesText(spec.examples));
  command.action(async (...received: unknown[]) => {
    const given = command.opts<Record<string, unknown>>();
    const args = received
      .slice(0, -2)
      .flat()
      .filter((argument) => typeof argument === 'string');
    process.exitCode = await execute(spec, taken, given, args, pathOf(command));
  });
  return command;
}

/** A command that only holds others. */
export function defineGroup(name: string, summary: string, commands: readonly Command[]): Command {
  const group = new Command(name).summary(summary).description(summary);
  for (const command of commands) group.addCommand(command);
  return group;
}

async function execute<Options>(
  spec: CommandSpec<Options>,
  taken: readonly Setting[],
  given: Readonly<Record<string, unknown>>,
  args: readonly string[],
  path: string,
): Promise<ExitCode> {
  const flags: Record<string, string> = {};
  for (const setting of taken) {
    const text = given[optionKey(setting.flag)];
    if (typeof text === 'string') flags[setting.name] = text;
    const file = setting.file ? given[optionKey(`${setting.flag}-file`)] : undefined;
    if (typeof file === 'string') flags[`${setting.name}_file`] = file;
  }
  const { config, sources } = readConfig(environment(), flags);
  const options = parseOptions(spec, given, path);
  const closers: (() => Promise<void> | void)[] = [];
  const stopping = listenForSignals(spec.stops ?? 'at_once');
  const context: CommandContext = {
    config,
    sources,
    output: createOutput(given.json === true, process),
    logger: loggerOf(config, sources, spec.service ?? false),
    signal: stopping.signal,
    closing: (close) => closers.push(close),
  };
  // A processor says what it does in its log.
  const working = spec.service ? null : context.output.working(path.replace(/^\S+ /, ''));
  try {
    const work = reachAll(config, spec.needs ?? []).then(() => spec.run(context, options, args));
    return await Promise.race([work, stopping.interrupted]);
  } finally {
    working?.stop();
    await closeAll(closers);
    stopping.end();
  }
}

function parseOptions<Options>(
  spec: CommandSpec<Options>,
  given: Readonly<Record<string, unknown>>,
  path: string,
): Options {
  const parsed = (spec.parse ?? (z.object({}) as unknown as z.ZodType<Options>)).safeParse(given);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => {
    const flag = `--${path.join('.').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    return `${flag}: ${message}`;
  });
  throw new CommandFailure(problems.join('; '), EXIT.usage, `"${path} --help" shows what it takes`);
}

/** The command as it is typed: `taskfold topics create`. */
function pathOf(command: Command): string {
  return command.parent ? `${pathOf(command.parent)} ${command.name()}` : command.name();
}

function settingOptions(setting: Setting): Option[] {
  const word = setting.unit.split(' ')[0] || 'value';
  // The first sentence is enough here; docs/settings.md has the rest.
  const meaning = setting.doc.replace(/(?<=[a-z)`]\.) .*$/, '');
  const shown = showValue(setting, setting.default);
  const option = new Option(`${setting.flag} <${word}>`, `${meaning} [${setting.env}, default ${shown}]`);
  // For help and completion; whether a value is good is the setting's own to say.
  if (setting.choices !== undefined) option.argChoices = [...setting.choices];
  const file = new Option(`${setting.flag}-file <file>`, `the same, from a file [${setting.env}_FILE]`).hideHelp();
  const options = setting.file ? [option.hideHelp(setting.quiet), file] : [option.hideHelp(setting.quiet)];
  return options.map((one) => one.helpGroup('Settings (a flag overrides the environment):'));
}

function optionKey(flag: string): string {
  return new Option(`${flag} <value>`).attributeName();
}

function examplesText(examples: readonly (readonly [string, string])[]): string {
  const lines = examples.map(([line, meaning]) => `  # ${meaning}\n  taskfold ${line}`);
  return `\nTLS, logins, Redis Cluster and Sentinel: docs/connecting.md.\n\nExamples:\n${lines.join('\n')}\n\nExit codes: 0 done, 1 failed or mismatch, 2 usage or setting, 3 service away, 130 interrupted.`;
}

function loggerOf(config: Config, sources: ReadonlyMap<string, SettingSource>, service: boolean): Logger {
  const quiet = !service && sources.get('log_level') === 'default';
  const auto = process.stderr.isTTY ? 'text' : 'json';
  return createLogger({
    level: quiet ? 'warn' : config.log_level,
    format: config.log_format === 'auto' ? auto : config.log_format,
    repeatMs: config.log_repeat_s * 1_000,
  });
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

function listenForSignals(stops: 'at_once' | 'drains') {
  const controller = new AbortController();
  let interrupt: (failure: CommandFailure) => void = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = reject;
  });
  interrupted.catch(() => {});
  const onSignal = (signal: NodeJS.Signals) => {
    // Whoever asks a second time wants out now: what is open is left to the next owner, which the protocol allows.
    if (controller.signal.aborted) process.exit(SIGNALS[signal as keyof typeof SIGNALS]);
    controller.abort();
    if (stops === 'at_once') interrupt(new CommandFailure(`stopped by ${signal}`, EXIT.interrupted));
  };
  for (const signal of Object.keys(SIGNALS) as NodeJS.Signals[]) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    interrupted,
    end: () => {
      for (const signal of Object.keys(SIGNALS) as NodeJS.Signals[]) process.off(signal, onSignal);
    },
  };
}

const CLOSE_MS_MAX = 3_000;

async function closeAll(closers: (() => Promise<void> | void)[]): Promise<void> {
  const closed = (async () => {
    // An error while closing changes nothing about what the command did.
    for (const close of closers.reverse()) await Promise.resolve(close()).catch(() => {});
  })();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS_MAX);
  });
  await Promise.race([closed, late]);
  clearTimeout(timer);
}
