// How a command ends: the exit codes, and what turns any error into one of them and into a line for people.

import { CommanderError } from 'commander';
import { reasonOf } from '../kafka/faults.ts';
import { maskSecrets } from '../observe/mask-secrets.ts';
import { Fault } from '../pipeline/errors.ts';
import { SettingsError } from './read-config.ts';

export const EXIT = {
  /** it did what it says */
  done: 0,
  /** it did not: something failed, differs, or is missing */
  failed: 1,
  /** unknown command or option, bad argument or setting */
  usage: 2,
  /** Kafka, the registry or Redis does not answer */
  unavailable: 3,
  /** stopped by a signal before it was done */
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with a message, an exit code and, where there is one, the cure. */
export class CommandFailure extends Error {
  readonly exitCode: ExitCode;
  readonly cure: string | undefined;
  constructor(message: string, exitCode: ExitCode = EXIT.failed, cure?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CommandFailure';
    this.exitCode = exitCode;
    this.cure = cure;
  }
}

/** @param error whatever was thrown */
export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommandFailure) return error.exitCode;
  if (error instanceof SettingsError) return EXIT.usage;
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  return isUnavailable(error) ? EXIT.unavailable : EXIT.failed;
}

/** The lines for standard error, credentials masked; [] where commander has already said it. */
export function failureLines(error: unknown): string[] {
  if (error instanceof CommanderError) return [];
  if (error instanceof SettingsError) return [...error.problems.map((problem) => `taskfold: ${maskSecrets(problem)}`)];
  if (error instanceof CommandFailure) {
    const lines = [`taskfold: ${maskSecrets(error.message)}`];
    if (error.cure) lines.push(`  cure: ${maskSecrets(error.cure)}`);
    return lines;
  }
  const text = error instanceof Error ? error.message || error.name : String(error);
  if (error instanceof Fault) return [`taskfold: ${maskSecrets(text)}`];
  if (isUnavailable(error)) return [`taskfold: ${maskSecrets(reasonOf(error))}`];
  // Nobody expected this one: where it came from is what a bug report needs.
  const stack = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 6) : [];
  return [`taskfold: unexpected error: ${maskSecrets(text)}`, ...stack.map(maskSecrets)];
}

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EPIPE',
]);
// The client libraries' own names for "no answer"; by name, because their rooms are the only ones to import them.
const NETWORK_NAMES = new Set([
  'KafkaJSConnectionError',
  'KafkaJSConnectionClosedError',
  'KafkaJSBrokerNotFound',
  'KafkaJSRequestTimeoutError',
  'KafkaJSNumberOfRetriesExceeded',
  'KafkaJSSASLAuthenticationError',
  'MaxRetriesPerRequestError',
  'AbortError',
  'TimeoutError',
]);

function isUnavailable(error: unknown, depth = 0): boolean {
  if (!(error instanceof Error) || depth > 4) return false;
  if (error instanceof Fault) return error.code === 'service_unavailable';
  if (NETWORK_NAMES.has(error.name)) return true;
  if ('code' in error && typeof error.code === 'string' && NETWORK_CODES.has(error.code)) return true;
  return isUnavailable(error.cause, depth + 1);
}
