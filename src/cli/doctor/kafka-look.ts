// What the doctor asks of Kafka, once: topics with their settings and copies, the broker's settings, our rights.

import { createKafka } from '../../kafka/connection.ts';
import { brokerCodeOf } from '../../kafka/faults.ts';
import { FencedProducer } from '../../kafka/fenced-producer.ts';
import { askForRights } from '../../kafka/our-rights.ts';
import type { ClusterRights, GroupRights } from '../../kafka/rights-request.ts';
import type { CommandContext } from '../command-context.ts';
import { kafkaConnection } from '../service-targets.ts';
import { kafkaLog } from '../topic-admin.ts';
import { topologyOfConfig } from '../topology-of-config.ts';

type Configs = Readonly<Record<string, string>>;

export interface KafkaLook {
  readonly rights: ClusterRights;
  /** effective settings by topic; those that exist and may be asked */
  readonly topics: ReadonlyMap<string, Configs>;
  /** null: we may not ask */
  readonly broker: Configs | null;
  /** rights on the two groups, by name */
  readonly groups: ReadonlyMap<string, GroupRights>;
  /** why no transaction can be begun under our ids; null: it can */
  readonly transactions: unknown;
}

const TOPIC_RESOURCE = 2;
const BROKER_RESOURCE = 4;
/** No such topic; not authorized for the topic, for the cluster. */
const NOT_TOLD = [3, 29, 31];

/** @throws Fault or kafkajs' own errors where Kafka does not answer */
export async function lookAtKafka(context: CommandContext): Promise<KafkaLook> {
  const { config } = context;
  const { topics, groups, transactionalId } = topologyOfConfig(config);
  const kafka = createKafka(kafkaConnection(config), 'read', kafkaLog(context));
  const admin = kafka.admin({ retry: { retries: 2 } });
  context.closing(() => admin.disconnect());
  await admin.connect();

  async function configsOf(type: number, name: string): Promise<Configs | null> {
    try {
      const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [{ type, name }] });
      const entries = resources[0]?.configEntries ?? [];
      return Object.fromEntries(entries.map(({ configName, configValue }) => [configName, configValue]));
    } catch (error) {
      if (NOT_TOLD.includes(brokerCodeOf(error) ?? 0)) return null;
      throw error;
    }
  }

  const { brokers } = await admin.describeCluster();
  const nodeId = brokers[0]?.nodeId ?? 0;
  const names = topics.map(({ topic }) => topic);
  const rights = await askForRights(kafka, nodeId, names, [groups.members, groups.emitted]);
  const settings = new Map<string, Configs>();
  for (const { topic, errorCode } of rights.cluster.topics) {
    const configs = errorCode === 0 ? await configsOf(TOPIC_RESOURCE, topic) : null;
    if (configs !== null) settings.set(topic, configs);
  }
  return {
    rights: rights.cluster,
    groups: rights.groups,
    topics: settings,
    broker: await configsOf(BROKER_RESOURCE, String(nodeId)),
    transactions: await whyNoTransaction(context, `${transactionalId(0).replace(/0$/, '')}doctor`),
  };
}

/** Begins and aborts one, as a processor's claim does, under an id that no processor has; nothing is sent. */
async function whyNoTransaction(context: CommandContext, id: string): Promise<unknown> {
  const kafka = createKafka(kafkaConnection(context.config), 'write', kafkaLog(context));
  try {
    await (await FencedProducer.claim(kafka, id, 'the doctor')).close();
    return null;
  } catch (error) {
    return error;
  }
}
