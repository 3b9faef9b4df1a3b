// `taskfold doctor` on Kafka: topics, their settings, the broker's, our rights.

import type { Config } from '../../config.ts';
import { brokerCodeOf, reasonOf } from '../../kafka/faults.ts';
import { allows } from '../../kafka/rights-request.ts';
import { COPY_ROOM_BYTES, type TopicPlan, type Topology } from '../../topology.ts';
import { differences, shapeOf } from '../topic-shape.ts';
import { type Check, checksAbout, shownMs } from './check.ts';
import type { KafkaLook } from './kafka-look.ts';
import { grantCommand, type KafkaRight, neededRights } from './kafka-rights.ts';

const { ok, warn, fail } = checksAbout('kafka');

/** ms that a transaction of ours may be open (fenced-producer.ts), and a member silent (group-membership.ts) */
const TRANSACTION_MS = 10_000;
const SESSION_MS = 6_000;
const DAY_MS = 86_400_000;
const [TOPIC_NOT_AUTHORIZED, GROUP_NOT_AUTHORIZED, ID_NOT_AUTHORIZED] = [29, 30, 53];

export function kafkaChecks(config: Config, topology: Topology, look: KafkaLook): Check[] {
  const known = new Map(look.rights.topics.map((rights) => [rights.topic, rights]));
  const inputPartitions = known.get(topology.input.topic)?.partitions.length ?? null;
  const checks: Check[] = [];
  for (const plan of topology.topics) {
    const found = known.get(plan.topic);
    // A topic that our user may not see is told with the right that it lacks.
    if (found?.errorCode === TOPIC_NOT_AUTHORIZED) continue;
    if (found === undefined || found.errorCode !== 0) {
      checks.push(fail('topic', `topic ${plan.topic}: there is none`, 'taskfold topics create'));
      continue;
    }
    const configs = look.topics.get(plan.topic);
    if (configs === undefined) {
      checks.push(
        warn(
          'topic_setting',
          `topic ${plan.topic}: its settings may not be asked for`,
          describeConfigsCure(config, plan),
        ),
      );
      continue;
    }
    const shape = { partitions: found.partitions.length, configs };
    checks.push(...topicChecks(config, plan, shape, inputPartitions));
    checks.push(...copyChecks(plan, look, configs));
  }
  checks.push(...outputSizes(topology, look));
  return [...checks, ...rightsChecks(config, topology, look), ...brokerChecks(config, look)];
}

function topicChecks(
  config: Config,
  plan: TopicPlan,
  found: { partitions: number; configs: Readonly<Record<string, string>> },
  inputPartitions: number | null,
): Check[] {
  const wanted = shapeOf(plan, config, inputPartitions);
  // How long records stay is looked at where it matters: against what Redis would come back with.
  const wrong = differences(plan, wanted, found).filter(
    ({ what, weight }) => weight === 'wrong' || (what === 'partitions' && plan.partitions === 'as_input'),
  );
  if (wrong.length === 0) {
    const { 'message.timestamp.type': time, 'max.message.bytes': size } = found.configs;
    return [
      ok('topic_setting', `topic ${plan.topic}: ${found.partitions} partitions, ${time}, messages up to ${size} bytes`),
    ];
  }
  return wrong.map(({ what, wanted: should, found: has, weight, cure }) => {
    const message = `topic ${plan.topic}: ${what} is ${has}, and has to be ${should}`;
    return weight === 'wrong' ? fail('topic_setting', message, cure) : warn('topic_setting', message, cure);
  });
}

function copyChecks({ topic }: TopicPlan, { rights }: KafkaLook, configs: Readonly<Record<string, string>>): Check[] {
  const partitions = rights.topics.find((one) => one.topic === topic)?.partitions ?? [];
  const copies = Math.min(...partitions.map(({ replicas }) => replicas));
  const least = Number(configs['min.insync.replicas'] ?? 1);
  const inSync = Math.min(...partitions.map((partition) => partition.inSync));
  const alter = `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config min.insync.replicas=`;
  if (least > copies) {
    const message = `topic ${topic}: min.insync.replicas is ${least}, but a partition has ${copies} copies: every write is refused`;
    return [fail('min_insync', message, `${alter}${Math.max(1, copies - 1)}`)];
  }
  if (inSync < least) {
    const message = `topic ${topic}: a partition has ${inSync} copies in sync of the ${least} that a write needs`;
    return [
      fail('min_insync', message, `start the brokers that are down; kafka-topics.sh --describe --topic ${topic}`),
    ];
  }
  if (copies >= 3 && least < 2) {
    const message = `topic ${topic}: min.insync.replicas is ${least} of ${copies} copies: a write counts when one broker has it`;
    return [warn('min_insync', message, `${alter}2`)];
  }
  if (copies < Math.min(3, rights.brokers)) {
    const message = `topic ${topic}: ${copies} copies on ${rights.brokers} brokers: the loss of a disk loses records`;
    return [
      warn('min_insync', message, `kafka-reassign-partitions.sh, or make it anew with TASKFOLD_REPLICATION_FACTOR=3`),
    ];
  }
  return [];
}

/** Whatever the input takes has to fit the outgoing topics with what is added to it. */
function outputSizes({ input, failures, jobCreations, rejects }: Topology, { topics }: KafkaLook): Check[] {
  const sizeOf = ({ topic }: TopicPlan) => Number(topics.get(topic)?.['max.message.bytes'] ?? Number.NaN);
  const needed = sizeOf(input) + COPY_ROOM_BYTES;
  return [failures, jobCreations, rejects]
    .filter((plan) => sizeOf(plan) < needed)
    .map((plan) =>
      warn(
        'message_bytes',
        `topic ${plan.topic}: takes messages up to ${sizeOf(plan)} bytes; ${input.topic} takes up to ${sizeOf(input)}, which has to fit with ${COPY_ROOM_BYTES} more`,
        `kafka-configs.sh --alter --entity-type topics --entity-name ${plan.topic} --add-config max.message.bytes=${needed}`,
      ),
    );
}

function rightsChecks(config: Config, topology: Topology, look: KafkaLook): Check[] {
  const user = config.kafka_username || '<our user>';
  const lacking: { right: KafkaRight; operations: string }[] = [];
  for (const right of neededRights(topology)) {
    if (right.resource === 'transactional-id') continue;
    const topic = look.rights.topics.find((one) => one.topic === right.name);
    const found = right.resource === 'topic' ? topic : look.groups.get(right.name);
    // Of what does not exist nothing can be said; the missing topic is told already.
    if (found === undefined || found.errorCode === 3) continue;
    const denied = right.operations.filter(
      (operation) =>
        !allows(found.operations, operation) ||
        found.errorCode === TOPIC_NOT_AUTHORIZED ||
        found.errorCode === GROUP_NOT_AUTHORIZED,
    );
    if (denied.length > 0) lacking.push({ right, operations: denied.join(', ') });
  }
  const checks = lacking.map(({ right, operations }) =>
    fail(
      'rights',
      `our Kafka user lacks ${operations} on the ${right.resource} ${right.name}`,
      grantCommand(right, user),
    ),
  );
  if (look.transactions !== null) checks.push(transactionCheck(topology, look.transactions, user));
  const all = 'topics, groups and transactional ids';
  return checks.length > 0 ? checks : [ok('rights', `our Kafka user has the rights it needs on ${all}`)];
}

function transactionCheck(topology: Topology, error: unknown, user: string): Check {
  const right = neededRights(topology).find(({ resource }) => resource === 'transactional-id')!;
  // kafkajs does not say why it found no coordinator; a missing right is the likeliest.
  if (brokerCodeOf(error) === ID_NOT_AUTHORIZED || /coordinator/.test(reasonOf(error))) {
    return fail('rights', `our Kafka user may begin no transaction as ${right.name}*`, grantCommand(right, user));
  }
  return fail(
    'transactions',
    `no transaction can be begun: ${reasonOf(error)}`,
    'look at transaction.state.log.replication.factor and transaction.state.log.min.isr of the brokers, and at their logs',
  );
}

function brokerChecks(config: Config, { broker }: KafkaLook): Check[] {
  if (broker === null) {
    const user = config.kafka_username || '<our user>';
    return [
      warn(
        'broker_setting',
        "the brokers' own settings may not be asked for: offsets.retention.minutes, transaction.max.timeout.ms and group.min.session.timeout.ms were not looked at",
        `kafka-acls.sh --add --allow-principal User:${user} --operation DescribeConfigs --cluster`,
      ),
    ];
  }
  const checks: Check[] = [];
  const number = (name: string) => Number(broker[name] ?? Number.NaN);
  const kept = number('offsets.retention.minutes') * 60_000;
  const every = config.emitted_mark_every_s * 1_000;
  const restart = 'set it in server.properties and restart the brokers one after the other: ';
  if (kept <= 2 * every) {
    const message = `offsets.retention.minutes keeps offsets for ${shownMs(kept)}, and C is committed every ${shownMs(every)}: it would be lost`;
    checks.push(fail('offsets_retention', message, `${restart}offsets.retention.minutes=10080`));
  } else if (kept < DAY_MS) {
    const message = `offsets.retention.minutes keeps offsets for ${shownMs(kept)}: if all processors stand still for longer, C has to be searched for in the outgoing topics`;
    checks.push(warn('offsets_retention', message, `${restart}offsets.retention.minutes=10080`));
  }
  if (number('transaction.max.timeout.ms') < TRANSACTION_MS) {
    const message = `transaction.max.timeout.ms is ${broker['transaction.max.timeout.ms']}, and ours may take ${TRANSACTION_MS}: they are refused`;
    checks.push(fail('transaction_timeout', message, `${restart}transaction.max.timeout.ms=900000`));
  }
  if (number('group.min.session.timeout.ms') > SESSION_MS) {
    const message = `group.min.session.timeout.ms is ${broker['group.min.session.timeout.ms']}, and ours is ${SESSION_MS}: no processor can join`;
    checks.push(fail('session_timeout', message, `${restart}group.min.session.timeout.ms=6000`));
  }
  if (checks.length > 0) return checks;
  return [ok('broker_setting', `offsets are kept for ${shownMs(kept)}, transactions and sessions may be as ours are`)];
}

function describeConfigsCure(config: Config, { topic }: TopicPlan): string {
  const right: KafkaRight = { resource: 'topic', name: topic, pattern: 'literal', operations: ['DescribeConfigs'] };
  return grantCommand(right, config.kafka_username || '<our user>');
}
