// `taskfold doctor`: looks at everything that the guarantee and the daily work depend on, and names the cure of what is wrong.
// It changes nothing; it begins and aborts one empty transaction, and tries its rights at Redis on scratch keys.

import type { Command } from 'commander';
import { connectProblem } from '../connect/connect-problem.ts';
import { reasonOf } from '../kafka/faults.ts';
import { type CommandContext, defineCommand } from './command-context.ts';
import { EXIT, type ExitCode } from './command-failure.ts';
import { type Check, type CheckState, checksAbout } from './doctor/check.ts';
import { brokerClockCheck } from './doctor/clock-checks.ts';
import { kafkaChecks } from './doctor/kafka-checks.ts';
import { type KafkaLook, lookAtKafka } from './doctor/kafka-look.ts';
import { processChecks } from './doctor/process-checks.ts';
import { redisChecks } from './doctor/redis-checks.ts';
import { registryChecks } from './doctor/registry-checks.ts';
import { openRedis } from './open-redis.ts';
import { type Service, whyUnusable } from './reach.ts';
import { topologyOfConfig } from './topology-of-config.ts';

export function doctorCommand(): Command {
  return defineCommand({
    name: 'doctor',
    summary: 'look at services, topics, rights and settings, and name the cure of what is wrong',
    description:
      'Looks at every service with the settings of a processor: connection, topics and their settings, rights, schemas, what ' +
      'Redis would come back with after a crash, clocks, Node. One line a check, with the cure where something is wrong. ' +
      'Exits 1 where something fails, 3 where a service is away; warnings do not count. It changes nothing.',
    examples: [
      ['doctor', 'before the first start, and whenever something is odd'],
      ['doctor --json | jq ".checks[] | select(.state != \\"ok\\")"', 'only what is not as it should be'],
    ],
    settings: ['services', 'names', 'run', 'fold', 'topics'],
    run: examine,
  });
}

async function examine(context: CommandContext): Promise<ExitCode> {
  const { config, output } = context;
  const topology = topologyOfConfig(config);
  let doing = 'Kafka';
  const progress = output.progress(() => `looking at ${doing}`);
  const checks: Check[] = processChecks(config, process.versions.node);
  try {
    let look: KafkaLook | null = null;
    const kafka = await ofService(context, 'kafka', async () => {
      look = await lookAtKafka(context);
      return kafkaChecks(config, topology, look);
    });
    doing = 'the schema registry, Redis and clocks';
    const input = inputOf(look, topology.input.topic);
    const [clock, registry, redis] = await Promise.all([
      input.takesTheirTime ? brokerClockCheck(context, input.partitions) : null,
      ofService(context, 'registry', () => registryChecks(config, topology)),
      ofService(context, 'redis', async () => redisChecks(config, await openRedis(context), input.retentionMs)),
    ]);
    checks.push(...kafka, ...(clock === null ? [] : [clock]), ...registry, ...redis);
  } finally {
    progress.stop();
  }
  const count = (state: CheckState) => checks.filter((check) => check.state === state).length;
  const counts = { ok: count('ok'), warn: count('warn'), fail: count('fail'), away: count('away') };
  await output.result({ checks, counts }, () => [...checks.map(lineOf), '', summaryOf(counts)].join('\n'));
  return counts.away > 0 ? EXIT.unavailable : counts.fail > 0 ? EXIT.failed : EXIT.done;
}

/** How far back the input reaches (what Redis lost is folded again from there on), and whether its time is the broker's. */
function inputOf(look: KafkaLook | null, topic: string) {
  const configs = look?.topics.get(topic);
  const partitions = look?.rights.topics.find((found) => found.topic === topic)?.partitions.length ?? 0;
  const kept = configs === undefined ? null : Number(configs['retention.ms']);
  return {
    partitions,
    retentionMs: kept !== null && kept < 0 ? Number.POSITIVE_INFINITY : kept,
    takesTheirTime: partitions > 0 && configs?.['message.timestamp.type'] === 'LogAppendTime',
  };
}

/** Whether the service can be used comes first; where it cannot, nothing else of it is looked at. */
async function ofService(context: CommandContext, service: Service, look: () => Promise<Check[]>): Promise<Check[]> {
  const { ok, away } = checksAbout(service);
  const unusable = await whyUnusable(context.config, service);
  if (unusable !== null) return [away(unusable.text, unusable.cure)];
  try {
    const found = await look();
    return [ok('connection', 'it answers, and takes our login'), ...found];
  } catch (error) {
    const problem = connectProblem(service, error);
    const said = service === 'kafka' ? reasonOf(error) : error instanceof Error ? error.message : String(error);
    return [away(problem?.message ?? said, problem?.cure ?? 'see the message, and the log of the service')];
  }
}

function lineOf({ about, check, state, message, cure }: Check): string {
  const line = `${state.padEnd(4)}  ${about.padEnd(8)}  ${check.padEnd(17)}  ${message}`;
  return cure === undefined ? line : `${line}\n      cure: ${cure}`;
}

function summaryOf({ ok, warn, fail, away }: Record<CheckState, number>): string {
  return `${ok} ok, ${warn} warnings, ${fail} failed, ${away} services away`;
}
