// The command tree of `taskfold`, and the one place where its errors become lines and exit codes.

import { Command } from 'commander';
import { EXIT, exitCodeOf, failureLines } from './command-failure.ts';
import { completionCommand } from './completion.ts';
import { version } from './version.ts';

/**
 * In the order in which help shows them. Each brings libraries of its own, which take a third of a second together: what is
 * not asked for is not loaded.
 */
const COMMANDS: Readonly<Record<string, () => Promise<() => Command>>> = {
  run: async () => (await import('./run.ts')).runCommand,
  topics: async () => (await import('./topics.ts')).topicsCommand,
  schemas: async () => (await import('./schemas.ts')).schemasCommand,
  publish: async () => (await import('./publish.ts')).publishCommand,
  simulate: async () => (await import('./simulate.ts')).simulateCommand,
  task: async () => (await import('./task.ts')).taskCommand,
  tasks: async () => (await import('./tasks.ts')).tasksCommand,
  why: async () => (await import('./why.ts')).whyCommand,
  job: async () => (await import('./roll-up.ts')).jobCommand,
  jobs: async () => (await import('./roll-ups.ts')).jobsCommand,
  engine: async () => (await import('./roll-up.ts')).engineCommand,
  engines: async () => (await import('./roll-ups.ts')).enginesCommand,
  status: async () => (await import('./status.ts')).statusCommand,
  serve: async () => (await import('./serve.ts')).serveCommand,
  partitions: async () => (await import('./partitions.ts')).partitionsCommand,
  rejects: async () => (await import('./rejects.ts')).rejectsCommand,
  snapshot: async () => (await import('./snapshot.ts')).snapshotCommand,
  verify: async () => (await import('./verify.ts')).verifyCommand,
  settings: async () => (await import('./settings.ts')).settingsCommand,
  metrics: async () => (await import('./metrics.ts')).metricsCommand,
  doctor: async () => (await import('./doctor.ts')).doctorCommand,
  completion: async () => () => completionCommand(createProgram),
};

/** Builds the tree; nothing runs yet. @param named the only command that is wanted; all, unless it is the name of one */
export async function createProgram(named?: string): Promise<Command> {
  const program = new Command('taskfold')
    .description('Folds the status updates of an engine fleet into live Redis state, exactly once.')
    .version(version(), '-V, --version', 'print the version')
    .showSuggestionAfterError()
    // An option belongs to the command that it stands behind: some have the same ones as those below them.
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for what it takes)')
    .addHelpText(
      'after',
      `
Every command has --help with examples, and --json. Settings come from the environment and from flags.
Exit codes: ${EXIT.done} it did what it says, ${EXIT.failed} failed or mismatch, ${EXIT.usage} usage or bad setting, ${EXIT.unavailable} a service is away, ${EXIT.interrupted} interrupted.`,
    );
  const wanted = Object.entries(COMMANDS).filter(([name]) => name === named);
  const makers = await Promise.all((wanted.length > 0 ? wanted : Object.entries(COMMANDS)).map(([, load]) => load()));
  for (const makeCommand of makers) program.addCommand(makeCommand());
  inherit(program);
  return program;
}

/** Runs one command line; answers the exit code, and never throws. @param argv without node and script */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    process.exitCode = EXIT.done;
    const program = await createProgram(argv[0]);
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode);
  } catch (error) {
    for (const line of failureLines(error)) process.stderr.write(`${line}\n`);
    return exitCodeOf(error);
  }
}

// Commands that were made on their own know nothing of the program that they are put into.
function inherit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) {
    child.copyInheritedSettings(command);
    inherit(child);
  }
}
