// `taskfold run`: the processor. Waits for its services, takes part in the group until a signal comes, drains, leaves.

import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import type { Command } from 'commander';
import { awaitServices, type SchemaIds } from './await-services.ts';
import { type CommandContext, defineCommand } from './command-context.ts';
import { EXIT } from './command-failure.ts';
import { type ComposedProcessor, composeProcessor } from './compose-processor.ts';
import { ownerName } from './pipeline-parts.ts';
import { mergeSums } from './run/merge-sums.ts';
import { type Observation, openObservation } from './run/observation.ts';

/**
 * V8 puts what a place in the code makes into the old generation at once where much of it has lived long. Of what the fold makes of an update
 * nearly nothing does, but where it was seen in a batch at work V8 thinks so, and marking it all cost a tenth of the CPU.
 */
const ALL_BEGIN_YOUNG = '--no-allocation-site-pretenuring';

export function runCommand(): Command {
  return defineCommand({
    name: 'run',
    summary: 'fold the updates: the processor',
    description:
      'Folds the updates of the input topic into Redis and sends failure and job-creation events, exactly once, until ' +
      'SIGTERM or SIGINT; then it finishes what it began, leaves the group and exits 0. A second signal ends it at once, ' +
      'which loses nothing. Start as many as you like with the same group: they share the partitions. Services that are ' +
      'away are waited for; missing topics, and an input whose log time is not the broker’s, end it with exit 1. Logs go to standard error.',
    examples: [
      ['run', 'with the settings of the environment'],
      ['run --observe-listen 9464', 'with health and metrics: curl localhost:9464/readyz, /livez, /metrics'],
      ['run --group night --redis-prefix night --failures-topic night-failures', 'a second group with its own names'],
      ['run --log-format json --log-level debug', 'everything, for a log store'],
    ],
    settings: ['services', 'names', 'run', 'fold', 'observe'],
    stops: 'drains',
    service: true,
    async run(given) {
      const began = Date.now();
      setFlagsFromString(ALL_BEGIN_YOUNG);
      const { config, output } = given;
      given.logger.log('starting', { owner: ownerName(), topic: config.input_topic, group: config.group });
      const observation = await openObservation(config, given.logger);
      if (observation !== null) given.closing(() => observation.close());
      const context = observation === null ? given : { ...given, logger: observation.metered(given.logger) };
      const schemaIds = await awaitServices(context);
      // Stopped while it waited: nothing was begun.
      const totals = schemaIds === null ? { records: 0, messages: 0 } : await work(context, schemaIds, observation);
      const seconds = Math.round((Date.now() - began) / 100) / 10;
      await output.result({ ...totals, seconds }, () => {
        const [records, messages] = [totals.records, totals.messages].map((count) => count.toLocaleString('en-US'));
        return `stopped after ${seconds} s: ${records} records folded, ${messages} messages sent`;
      });
      return EXIT.done;
    },
  });
}

async function work(
  context: CommandContext,
  schemaIds: SchemaIds,
  observation: Observation | null,
): Promise<ComposedProcessor['totals']> {
  const { logger, signal } = context;
  const composed = composeProcessor(context, schemaIds, observation);
  const stopWatching = watchForBugs(context);
  const reporting = setInterval(progressReporter(context, composed), PROGRESS_MS);
  composed.join();
  const stopMerging = mergeSums(context, ownerName());
  observation?.running(composed.probe);
  logger.log('running');
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  clearInterval(reporting);
  observation?.stopping();
  await stopMerging();
  await drain(context, composed);
  stopWatching();
  return composed.totals;
}

async function drain({ config, logger }: CommandContext, composed: ComposedProcessor): Promise<void> {
  logger.log('draining');
  const late = new AbortController();
  const drained = await Promise.race([
    composed.processor.drain().then(() => true),
    sleep(config.drain_ms_max, false, { signal: late.signal }).catch(() => false),
  ]);
  late.abort();
  if (!drained) {
    const open = composed.processor.status().map(({ partition, state }) => `${partition} ${state}`);
    logger.log('drain_late', { open });
  }
  await composed.leave();
  await composed.close();
  if (drained) logger.log('drained', { ...composed.totals });
}

const PROGRESS_MS = 10_000;

/** A line every ten seconds in which anything happened, and a reminder of what is halted. */
function progressReporter({ logger }: CommandContext, { processor, totals }: ComposedProcessor): () => void {
  let before = { ...totals, at: Date.now() };
  return () => {
    const partitions = processor.status();
    for (const { partition, halt } of partitions) {
      if (halt)
        logger.log(
          'partition_halted',
          { partition, code: halt.code, reason: halt.message, cure: halt.cure },
          partition,
        );
    }
    const now = { ...totals, at: Date.now() };
    const records = now.records - before.records;
    const messages = now.messages - before.messages;
    const perSecond = Math.round((records * 1_000) / (now.at - before.at));
    before = now;
    if (records + messages === 0) return;
    const lag = partitions.reduce((sum, { watermark, log_end }) => sum + Math.max(0, log_end - (watermark ?? 0)), 0);
    const halted = partitions.filter(({ halt }) => halt).length;
    logger.log('progress', { records, per_second: perSecond, messages, lag, partitions: partitions.length, halted });
  };
}

/** A stray rejection of a client library is told, and stops nothing; an exception that nobody caught ends the process. */
function watchForBugs({ logger }: CommandContext): () => void {
  const onRejection = (error: unknown) => logger.log('broken', { error }, String(error));
  const onException = (error: unknown) => {
    logger.log('broken', { error });
    // The next owner goes on from what was saved and committed, as after a kill.
    process.exit(EXIT.failed);
  };
  process.on('unhandledRejection', onRejection);
  process.on('uncaughtException', onException);
  return () => {
    process.off('unhandledRejection', onRejection);
    process.off('uncaughtException', onException);
  };
}
