// `taskfold settings set`: changes settings of the fold by a control record in every partition of the input topic.

import { z } from 'zod';
import { createUpdateEncoder } from '../../avro/update-encoder.ts';
import type { FoldSettings } from '../../domain/fold-settings.ts';
import { openControlPublisher } from '../../kafka/control-publisher.ts';
import type { PartitionDocument } from '../../read/partition-document.ts';
import { ask } from '../ask.ts';
import { type CommandContext, defineCommand } from '../command-context.ts';
import { CommandFailure, EXIT, type ExitCode } from '../command-failure.ts';
import { inputSchemaId } from '../open-publisher.ts';
import { openReads } from '../open-redis.ts';
import { table } from '../output.ts';
import { reachAll } from '../reach.ts';
import { kafkaConnection, kafkaLog } from '../topic-admin.ts';
import { inputPartitions } from '../topics.ts';
import { changedSettings, controlHeaders, newChangeName, untilFolded, type WrittenChange } from './change.ts';
import { settingsInForce } from './in-force.ts';
import { requireNobodyAgainst, requireRoom } from './obstacles.ts';

const parse = z.object({
  yes: z.boolean().default(false),
  wait: z.boolean().default(true),
  anyway: z.boolean().default(false),
  change: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, { error: 'must be 1 to 64 letters, digits, dots, hyphens and underscores' })
    .optional(),
});

export function setCommand() {
  return defineCommand({
    name: 'set',
    summary: 'change settings of the fold, in every partition',
    description:
      'Writes a control record into every partition of the input topic: each goes by the new settings from the next record on, ' +
      'also whenever its log is folded again. Says what will change, asks, and waits until every partition has folded its record. ' +
      'A change that was written to some of the partitions only is completed by the same command with --change and its name; ' +
      'where it is written already, it is not obeyed a second time. What was decided by the settings before stays (docs/fold.md, ' +
      '"Control records"). Exits 1 if a partition does not go by the change in the end.',
    examples: [
      ['settings set silence_after_s=60', 'engines that report more rarely'],
      ['settings set retain_finished_s=3600 retain_silent_s=86400 --yes', 'two at once, without a question'],
      ['settings set silence_after_s=60 --change 20260301T120000Z-1f2e3d4c', 'complete a change that was interrupted'],
    ],
    arguments: [
      ['<name=value...>', 'settings of the fold, by their names in docs/settings.md in lower case, without TASKFOLD_'],
    ],
    options: [
      ['--yes', 'do not ask'],
      ['--no-wait', 'do not wait until the partitions have folded it'],
      ['--change <name>', 'complete the change of this name'],
      ['--anyway', 'also if it halts processors that were started with another value'],
    ],
    parse,
    settings: ['services', 'names'],
    run: setSettings,
  });
}

async function setSettings(
  context: CommandContext,
  { yes, wait, anyway, change: resumed }: z.infer<typeof parse>,
  args: readonly string[],
): Promise<ExitCode> {
  const { config, output } = context;
  const changed = changedSettings(args);
  await reachAll(config, ['kafka', 'registry', 'redis']);
  const count = await inputPartitions(context);
  const reads = await openReads(context);
  const documents = await reads.readPartitions();
  if (resumed === undefined && isInForce(changed, documents, count)) {
    await output.result(
      { change: null, settings: changed, partitions: [] },
      () => 'nothing to do: all partitions go by that',
    );
    return EXIT.done;
  }
  await requireRoom(context, changed);
  if (!anyway) requireNobodyAgainst(changed, documents);
  for (const line of preview(changed, documents, count)) output.note(line);
  if (!yes) await ask(output, `change ${Object.keys(changed).length} setting(s) in ${count} partition(s)?`);

  const change = resumed ?? newChangeName();
  const written = await writeAll(context, change, changed, count);
  const partitions = wait
    ? await waitUntilFolded(context, change, written, () => reads.readPartitions())
    : [...written].map(([partition, offset]): WrittenChange => ({ partition, offset, condition: 'written' }));
  await output.result({ change, settings: changed, partitions }, () => resultText(change, partitions));
  const isDone = partitions.every(({ condition }) => condition === (wait ? 'in_force' : 'written'));
  if (!isDone) for (const line of advice(partitions, config.group)) output.note(line);
  return isDone ? EXIT.done : EXIT.failed;
}

function isInForce(changed: Partial<FoldSettings>, documents: readonly PartitionDocument[], count: number): boolean {
  if (documents.length !== count) return false;
  return documents.every(({ settings }) => {
    return (
      settings !== undefined && Object.entries(changed).every(([name, value]) => Reflect.get(settings, name) === value)
    );
  });
}

function preview(changed: Partial<FoldSettings>, documents: readonly PartitionDocument[], count: number): string[] {
  const { settings, partitions } = settingsInForce(documents);
  const lines = Object.entries(changed).map(([name, value]) => {
    const now: unknown = Reflect.get(settings, name);
    return `${name}: ${now === undefined ? 'not the same in all partitions, or not known' : String(now)} -> ${value}`;
  });
  const unfolded = count - partitions.filter((one) => one.settings !== undefined).length;
  if (unfolded > 0)
    lines.push(`  ${unfolded} partition(s) are not folded yet: the change lies in their logs and holds once they are`);
  return lines;
}

/** @throws CommandFailure that says where it is written, and how to go on */
async function writeAll(context: CommandContext, change: string, changed: Partial<FoldSettings>, count: number) {
  const { config, output } = context;
  const value = createUpdateEncoder({ schemaId: await inputSchemaId(context), onUnrecognized: () => {} })({});
  const publisher = await openControlPublisher(kafkaConnection(config), config.input_topic, kafkaLog(context));
  context.closing(() => publisher.close());
  const headers = controlHeaders(config.group, change, changed);
  const written = new Map<number, number>();
  const progress = output.progress(() => `written to ${written.size} of ${count} partitions`);
  try {
    for (let partition = 0; partition < count; partition++) {
      written.set(partition, await publisher.send(partition, value, headers));
    }
    return written;
  } catch (error) {
    const texts = Object.entries(changed).map(([name, to]) => `${name}=${to}`);
    throw new CommandFailure(
      `the change is written to ${written.size} of ${count} partitions, then Kafka refused: ${error instanceof Error ? error.message : String(error)}`,
      EXIT.failed,
      `complete it: taskfold settings set ${texts.join(' ')} --change ${change}`,
      error,
    );
  } finally {
    progress.stop();
  }
}

async function waitUntilFolded(
  { output }: CommandContext,
  change: string,
  written: ReadonlyMap<number, number>,
  look: () => Promise<readonly PartitionDocument[]>,
): Promise<WrittenChange[]> {
  let folded = 0;
  let lag = 0;
  const progress = output.progress(
    () =>
      `${folded} of ${written.size} partitions have folded the change; ${lag.toLocaleString('en-US')} records before it`,
  );
  try {
    return await untilFolded(change, written, look, (partitions, documents) => {
      const open = partitions.filter(({ offset, partition }) => (documents[partition]?.watermark ?? 0) <= offset);
      folded = written.size - open.length;
      lag = open.reduce((sum, { partition, offset }) => sum + offset - (documents[partition]?.watermark ?? 0), 0);
    });
  } finally {
    progress.stop();
  }
}

function resultText(change: string, partitions: readonly WrittenChange[]): string {
  const rows = partitions.map(({ partition, offset, condition }) => [String(partition), offset, condition]);
  return `${table([['partition', 'offset', 'condition'], ...rows])}\nchange ${change}`;
}

function advice(partitions: readonly WrittenChange[], group: string): string[] {
  const those = (condition: WrittenChange['condition']) =>
    partitions.filter((one) => one.condition === condition).map(({ partition }) => partition);
  const lines: string[] = [];
  const tell = (condition: WrittenChange['condition'], text: string) => {
    if (those(condition).length > 0) lines.push(`partition ${those(condition).join(', ')}: ${text}`);
  };
  tell('no_owner', `written, but nobody folds: it holds once a processor of group ${group} has folded it`);
  tell('halted', 'written, but halted: "taskfold status" names the cure; it holds once it is folded');
  tell('overtaken', 'another change came after this one: "taskfold settings show" tells which; set it again');
  tell('ignored', 'not obeyed: another version of Taskfold folds it');
  return lines;
}
