// What `run` needs before it can begin: three services that answer, topics, schemas. A service that is away is waited
// for, visibly and for as long as it takes; what an operator has to do first ends the command with the cure.

import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandContext } from './command-context.ts';
import { CommandFailure, EXIT, exitCodeOf } from './command-failure.ts';
import { SERVICES, whyUnreachable } from './reach.ts';
import { registerSchemas, type SchemaReport } from './schemas.ts';
import { requireTopics } from './topics.ts';

const RETRY_MS = 1_000;

/** The registry's id of the schema of each outgoing topic, by file name. */
export type SchemaIds = ReadonlyMap<string, number>;

/**
 * @returns null if a signal came first
 * @throws CommandFailure if topics are missing, the input's log time is not the broker's, or the registry refuses a schema
 */
export async function awaitServices(context: CommandContext): Promise<SchemaIds | null> {
  const { config, logger, signal } = context;
  for (const service of SERVICES) {
    const reached = await untilAnswered(context, service, async () => {
      const reason = await whyUnreachable(config, service);
      if (reason !== null) throw new CommandFailure(reason, EXIT.unavailable);
      return true;
    });
    if (reached === null) return null;
  }
  const wrong = await untilAnswered(context, 'kafka topics', () => requireTopics(context));
  for (const { topic, what, wanted, found, cure } of wrong ?? []) {
    // Silence, retirement and tombstones would go by the clocks of senders, and what they have decided stays decided.
    if (what === 'message.timestamp.type') {
      throw new CommandFailure(`topic ${topic}: ${what} is ${found}, and has to be ${wanted}`, EXIT.failed, cure);
    }
    logger.log('topic_differs', { topic, what, wanted, found, cure });
  }
  if (signal.aborted) return null;
  const schemas = await untilAnswered(context, 'registry schemas', () => registerSchemas(config));
  return schemas === null ? null : idsOf(context, schemas);
}

/** Tries until it works, a signal comes (null), or it fails in a way that waiting does not cure. */
async function untilAnswered<T>(context: CommandContext, subject: string, work: () => Promise<T>): Promise<T | null> {
  const { logger, signal } = context;
  for (let waited = false; !signal.aborted; waited = true) {
    try {
      const answer = await work();
      logger.over('service_waiting', subject);
      if (waited) logger.log('service_back', { service: subject });
      return answer;
    } catch (error) {
      if (exitCodeOf(error) !== EXIT.unavailable) throw error;
      logger.log('service_waiting', { service: subject, reason: (error as Error).message }, subject);
    }
    await sleep(RETRY_MS, undefined, { signal }).catch(() => {});
  }
  return null;
}

function idsOf({ logger }: CommandContext, reports: readonly SchemaReport[]): SchemaIds {
  const ids = new Map<string, number>();
  for (const { subject, file, state, id, reason } of reports) {
    if (id === undefined) {
      throw new CommandFailure(
        `the registry refuses our schema for ${subject}: ${reason ?? 'no reason given'}`,
        EXIT.failed,
        `another program owns the subject, or a newer Taskfold has registered there: "taskfold schemas check"`,
      );
    }
    if (state === 'registered') logger.log('schema_registered', { subject, id });
    ids.set(file, id);
  }
  return ids;
}
