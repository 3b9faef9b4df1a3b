// `taskfold publish`: JSON lines in, Avro records out.

import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import { z } from 'zod';
import { UnfitUpdate } from '../avro/update-json.ts';
import { PublishFailed } from '../kafka/publish-failed.ts';
import type { OutgoingUpdate } from '../kafka/update-publisher.ts';
import { type CommandContext, defineCommand } from './command-context.ts';
import { CommandFailure, EXIT, type ExitCode } from './command-failure.ts';
import { openPublisher } from './open-publisher.ts';
import { wholeNumber } from './option-values.ts';
import { updatesOfLine } from './update-lines.ts';

const options = z.object({
  key: z.enum(['task', 'none'], { error: 'must be task or none' }),
  partition: wholeNumber(0, 100_000).optional(),
  keepGoing: z.boolean().default(false),
});
type Options = z.infer<typeof options>;

const BATCH_RECORDS = 2_000;
/** ms after which read lines leave although more could come */
const LINGER_MS = 100;
const ERRORS_SHOWN_MAX = 20;

export function publishCommand(): Command {
  return defineCommand({
    name: 'publish',
    summary: 'publish updates: JSON lines in, Avro out',
    description:
      'Reads one JSON object a line, from the file or from standard input: an update in the names of the contract (internal_task_id) or of the ' +
      'HTTP interface (internalTaskID), or a whole EngineInstanceStatus with its taskStatuses. Stops at the first line that is no ' +
      'update: what stands before it is published, nothing after it.',
    examples: [
      [`publish <<< '{"internal_task_id":"t1","task_status":"running","error_count":1}'`, 'one update'],
      ['publish updates.jsonl --json', 'a file'],
      ['publish updates.jsonl --key none', 'as an engine that does not key its records'],
    ],
    arguments: [['[file]', 'JSON lines; - or nothing: standard input']],
    options: [
      ['--key <task|none>', "the record's key: the internal_task_id, or none", 'task'],
      ['--partition <n>', 'put every record into this partition, whatever its key'],
      ['--keep-going', 'tell bad lines and go on with the next; the exit code is 1 then'],
    ],
    parse: options,
    settings: ['services', 'names'],
    needs: ['kafka', 'registry'],
    stops: 'drains',
    run: publish,
  });
}

async function publish(context: CommandContext, given: Options, [file = '-']: readonly string[]): Promise<ExitCode> {
  const { output, signal } = context;
  if (file !== '-') await requireFile(file);
  const strange = new Set<string>();
  const { topic, publisher, encode } = await openPublisher(context, (field, symbol) => {
    const what = `${field} ${JSON.stringify(symbol.slice(0, 64))}`;
    if (strange.size < ERRORS_SHOWN_MAX && !strange.has(what)) {
      output.note(`${what} is not in the contract: sent as unrecognized`);
      strange.add(what);
    }
  });
  if (given.partition !== undefined && given.partition >= publisher.partitions) {
    throw new CommandFailure(`--partition: ${topic} has ${publisher.partitions} partitions`, EXIT.usage);
  }

  const told = { lines: 0, published: 0, bad_lines: 0 };
  let batch: OutgoingUpdate[] = [];
  let sending = Promise.resolve();
  const flush = () => {
    sending = sending.then(async () => {
      const updates = batch;
      batch = [];
      try {
        if (updates.length > 0) await publisher.publish(updates);
        told.published += updates.length;
      } catch (error) {
        if (error instanceof PublishFailed) told.published += error.publishedCount;
        throw error;
      }
    });
    // A failure is met where `sending` is awaited.
    sending.catch(() => {});
    return sending;
  };
  const lingering = setInterval(flush, LINGER_MS);
  const progress = output.progress(() => `line ${told.lines.toLocaleString('en-US')}, published ${told.published}`);
  let stopped: CommandFailure | null = null;
  const read = new AbortController();
  try {
    for await (const line of linesOf(file, AbortSignal.any([signal, read.signal]))) {
      told.lines++;
      if (line.trim() === '') continue;
      try {
        // All of a line or nothing of it.
        const updates = updatesOfLine(line).map((update) => {
          const key = given.key === 'task' ? update.internal_task_id || null : null;
          return { key, value: encode(update), partition: given.partition ?? null };
        });
        batch.push(...updates);
      } catch (error) {
        if (!(error instanceof UnfitUpdate)) throw error;
        told.bad_lines++;
        const problem = `line ${told.lines}: ${error.message}`;
        if (!given.keepGoing) {
          stopped = new CommandFailure(
            problem,
            EXIT.failed,
            'mend the line and publish from it on, or use --keep-going',
          );
          break;
        }
        if (told.bad_lines <= ERRORS_SHOWN_MAX) output.note(problem);
      }
      if (batch.length >= BATCH_RECORDS) await flush();
    }
    await flush();
  } catch (error) {
    if (!(error instanceof PublishFailed)) throw error;
    stopped = new CommandFailure(error.message, EXIT.failed, undefined, error);
  } finally {
    // Whoever writes into our standard input must not keep us from ending.
    read.abort();
    clearInterval(lingering);
    progress.stop();
  }
  await output.result(
    { topic, ...told },
    () => `published ${told.published.toLocaleString('en-US')} updates to ${topic}`,
  );
  if (stopped) throw stopped;
  if (told.bad_lines > 0) return EXIT.failed;
  return signal.aborted ? EXIT.interrupted : EXIT.done;
}

async function requireFile(file: string): Promise<void> {
  try {
    await access(file);
  } catch (error) {
    throw new CommandFailure(`${file} can't be read: ${(error as Error).message}`, EXIT.usage, undefined, error);
  }
}

/** The lines of the file, or of standard input; they end early when the signal comes. */
function linesOf(file: string, signal: AbortSignal): AsyncIterable<string> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  signal.addEventListener('abort', () => {
    lines.close();
    input.destroy();
  });
  return lines;
}
