// `taskfold topics create`: makes the topics that are missing, and says how those that exist differ. Idempotent.

import type { Command } from 'commander';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { type CommandContext, defineCommand, defineGroup } from './command-context.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { openTopicAdmin, type TopicAdmin } from './topic-admin.ts';
import { differences, shapeOf, type TopicDifference } from './topic-shape.ts';
import { topologyOfConfig } from './topology-of-config.ts';

export function topicsCommand(): Command {
  return defineGroup('topics', 'create and check the topics', [createCommand()]);
}

export interface TopicReport {
  readonly topic: string;
  readonly state: 'created' | 'exists' | 'missing';
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
  readonly differences: readonly TopicDifference[];
}

function createCommand(): Command {
  return defineCommand({
    name: 'create',
    summary: 'create the topics that are missing, say how the others differ',
    description:
      'Creates the input topic, the outgoing topics and those of schema verdicts and of replays, each where it is missing. ' +
      'Changes nothing about a topic that exists: it says what differs and how to change it, and exits 1 where the ' +
      'guarantee depends on it.',
    examples: [
      ['topics create', 'make all topics with the defaults: 12 partitions, 7 days'],
      ['topics create --partitions 48 --replication-factor 3', 'on a cluster of three brokers'],
      ['topics create --dry-run', 'only look; exit 1 if a topic is missing or wrong'],
    ],
    options: [['--dry-run', 'create nothing']],
    parse: z.object({ dryRun: z.boolean().default(false) }),
    settings: ['services', 'names', 'topics'],
    needs: ['kafka'],
    async run(context, { dryRun }) {
      const reports = await ensureTopics(context, dryRun);
      await context.output.result({ topics: reports }, () => reports.map(reportText).join('\n'));
      const good = reports.every((report) => report.state !== 'missing' && !report.differences.some(isWrong));
      return good ? EXIT.done : EXIT.failed;
    },
  });
}

/** Creates what is missing, unless `dryRun`, and reports on every topic, the input first. */
export async function ensureTopics(context: CommandContext, dryRun: boolean): Promise<TopicReport[]> {
  const admin = await openTopicAdmin(context);
  const reports: TopicReport[] = [];
  let inputPartitions: number | null = null;
  for (const plan of topologyOfConfig(context.config).topics) {
    const wanted = shapeOf(plan, context.config, inputPartitions);
    const before = await admin.look(plan.topic);
    const created = before === null && !dryRun && (await admin.create(plan.topic, wanted));
    const found = before ?? (dryRun ? null : await lookAgain(admin, plan.topic));
    if (plan.partitions === 'chosen') inputPartitions = found?.partitions ?? null;
    reports.push({
      topic: plan.topic,
      state: created ? 'created' : found ? 'exists' : 'missing',
      partitions: (found ?? wanted).partitions,
      configs: pick((found ?? wanted).configs, Object.keys(wanted.configs)),
      differences: found ? differences(plan, wanted, found) : [],
    });
  }
  return reports;
}

/**
 * For `run`: all topics must be there. Differences are returned, they do not stop anything.
 * @throws CommandFailure with the cure `taskfold topics create`
 */
export async function requireTopics(context: CommandContext): Promise<TopicDifference[]> {
  const reports = await ensureTopics(context, true);
  const missing = reports.filter(({ state }) => state === 'missing').map(({ topic }) => topic);
  if (missing.length > 0) {
    const [are, them] = missing.length === 1 ? ['topic is', 'it'] : ['topics are', 'them'];
    throw new CommandFailure(
      `${missing.length} ${are} missing: ${missing.join(', ')}`,
      EXIT.failed,
      `create ${them} with the same settings: taskfold topics create`,
    );
  }
  return reports.flatMap((report) => report.differences.filter(isWrong));
}

/** How many partitions the input topic has. @throws CommandFailure if it does not exist */
export async function inputPartitions(context: CommandContext): Promise<number> {
  const { input_topic }: Config = context.config;
  const found = await (await openTopicAdmin(context)).look(input_topic);
  if (found) return found.partitions;
  throw new CommandFailure(`there is no topic ${input_topic}`, EXIT.failed, 'taskfold topics create');
}

const LOOKS_MAX = 20;
const LOOK_MS = 250;

/** A topic that was just created shows with some delay. */
async function lookAgain(admin: TopicAdmin, topic: string) {
  for (let look = 0; look < LOOKS_MAX; look++) {
    const found = await admin.look(topic);
    if (found && found.partitions > 0) return found;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  return null;
}

function isWrong(difference: TopicDifference): boolean {
  return difference.weight === 'wrong';
}

function pick(configs: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.flatMap((name) => (configs[name] === undefined ? [] : [[name, configs[name]]])));
}

function reportText({ topic, state, partitions, configs, differences: found }: TopicReport): string {
  const settings = Object.entries(configs).map(([name, value]) => `${name}=${value}`);
  const lines = [`${state.padEnd(7)}  ${topic}  partitions=${partitions} ${settings.join(' ')}`];
  for (const { what, wanted, found: has, weight, cure } of found) {
    lines.push(`  ${weight === 'wrong' ? 'WRONG' : 'differs'}: ${what} is ${has}, wanted ${wanted}: ${cure}`);
  }
  return lines.join('\n');
}
