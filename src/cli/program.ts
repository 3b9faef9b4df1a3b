// The command tree of `taskfold`, and the one place where its errors become lines and exit codes.

import { Command } from 'commander';
import { EXIT, exitCodeOf, failureLines } from './command-failure.ts';
import { completionCommand } from './completion.ts';
import { doctorCommand } from './doctor.ts';
import { metricsCommand } from './metrics.ts';
import { partitionsCommand } from './partitions.ts';
import { publishCommand } from './publish.ts';
import { rejectsCommand } from './rejects.ts';
import { engineCommand, jobCommand } from './roll-up.ts';
import { enginesCommand, jobsCommand } from './roll-ups.ts';
import { runCommand } from './run.ts';
import { schemasCommand } from './schemas.ts';
import { serveCommand } from './serve.ts';
import { settingsCommand } from './settings.ts';
import { simulateCommand } from './simulate.ts';
import { snapshotCommand } from './snapshot.ts';
import { statusCommand } from './status.ts';
import { taskCommand } from './task.ts';
import { tasksCommand } from './tasks.ts';
import { topicsCommand } from './topics.ts';
import { verifyCommand } from './verify.ts';
import { version } from './version.ts';
import { whyCommand } from './why.ts';

/** In the order in which help shows them. */
const COMMANDS = [
  runCommand,
  topicsCommand,
  schemasCommand,
  publishCommand,
  simulateCommand,
  taskCommand,
  tasksCommand,
  whyCommand,
  jobCommand,
  jobsCommand,
  engineCommand,
  enginesCommand,
  statusCommand,
  serveCommand,
  partitionsCommand,
  rejectsCommand,
  snapshotCommand,
  verifyCommand,
  settingsCommand,
  metricsCommand,
  doctorCommand,
] as const;

/** Builds the whole tree; nothing runs yet. */
export function createProgram(): Command {
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
  for (const makeCommand of COMMANDS) program.addCommand(makeCommand());
  program.addCommand(completionCommand(() => program));
  inherit(program);
  return program;
}

/** Runs one command line; answers the exit code, and never throws. @param argv without node and script */
export async function runProgram(argv: readonly string[]): Promise<number> {
  try {
    process.exitCode = EXIT.done;
    await createProgram().parseAsync([...argv], { from: 'user' });
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
