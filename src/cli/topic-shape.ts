// How a topic of the topology is created, and how one that exists differs from that. Pure.

import type { Config } from '../config.ts';
import type { TopicPlan } from '../topology.ts';

/** A topic as the broker has it; `configs` are the effective values. */
export interface TopicShape {
  readonly partitions: number;
  readonly configs: Readonly<Record<string, string>>;
}

export interface TopicDifference {
  readonly topic: string;
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
  /** `wrong`: the guarantee or the sending suffers. `other`: a choice of the operator's, only told. */
  readonly weight: 'wrong' | 'other';
  /** why it matters, and what to do */
  readonly cure: string;
}

/** @param inputPartitions how many the input topic has, where it exists */
export function shapeOf(plan: TopicPlan, config: Config, inputPartitions: number | null): TopicShape {
  const partitions =
    plan.partitions === 1
      ? 1
      : plan.partitions === 'chosen'
        ? config.partitions
        : (inputPartitions ?? config.partitions);
  const retentionHours = plan.retention === 'input' ? config.input_retention_h : config.output_retention_h;
  const retention: Record<string, string> =
    plan.retention === 'for_ever'
      ? { 'retention.ms': '-1', 'retention.bytes': '-1' }
      : { 'retention.ms': String(Math.round(retentionHours * 3_600_000)) };
  return {
    partitions,
    configs: {
      'cleanup.policy': 'delete',
      'message.timestamp.type': plan.timestampType,
      'max.message.bytes': String(plan.messageBytesMin(config.copy_bytes_max)),
      ...retention,
      // Two of three copies must have a record before it counts; with fewer brokers that would only stop the writers.
      ...(config.replication_factor >= 3 ? { 'min.insync.replicas': '2' } : {}),
    },
  };
}

/** @returns what differs, what is wrong first; [] where all is as wanted */
export function differences(plan: TopicPlan, wanted: TopicShape, found: TopicShape): TopicDifference[] {
  const all: TopicDifference[] = [];
  const { topic } = plan;
  if (found.partitions !== wanted.partitions) {
    const [weight, cure] = partitionsMatter(plan, found.partitions, wanted.partitions);
    all.push({
      topic,
      what: 'partitions',
      wanted: String(wanted.partitions),
      found: String(found.partitions),
      weight,
      cure,
    });
  }
  for (const [what, value] of Object.entries(wanted.configs)) {
    const has = found.configs[what];
    if (has === undefined || has === value) continue;
    // A topic that takes more than it must is as good.
    if (what === 'max.message.bytes' && Number(has) >= Number(value)) continue;
    const command = `kafka-configs.sh --alter --entity-type topics --entity-name ${topic} --add-config ${what}=${value}`;
    const [weight, reason] = settingMatters(what, plan);
    all.push({ topic, what, wanted: value, found: has, weight, cure: `${reason}; to change it: ${command}` });
  }
  return all.sort((a, b) => b.weight.localeCompare(a.weight));
}

function partitionsMatter(plan: TopicPlan, found: number, wanted: number): ['wrong' | 'other', string] {
  if (plan.partitions === 1) {
    return ['wrong', 'verdicts must keep one order; if nothing is in it yet, delete it and create it again'];
  }
  if (plan.partitions === 'chosen') {
    const keep = `set TASKFOLD_PARTITIONS to ${found}`;
    const more = `to have more, with every task in its new home: taskfold partitions grow ${wanted} DIR`;
    return ['other', found < wanted ? `${keep}; or, ${more}` : `there can never be fewer; ${keep}`];
  }
  return ['other', 'any number does, readers go by key'];
}

function settingMatters(what: string, plan: TopicPlan): ['wrong' | 'other', string] {
  switch (what) {
    case 'message.timestamp.type':
      return plan.timestampType === 'LogAppendTime'
        ? ['wrong', "log time must be the broker's and not a sender's clock"]
        : ['other', 'either type does here'];
    case 'cleanup.policy':
      return ['wrong', 'compaction removes records that readers or a replay need'];
    case 'max.message.bytes':
      return ['wrong', 'a record that is copied, and what it causes, must fit'];
    case 'min.insync.replicas':
      return ['other', 'with it a record counts only when a second broker has it'];
    default:
      return plan.retention === 'for_ever'
        ? ['wrong', 'a replay of the input must find every verdict, however old']
        : ['other', 'the retention is yours to choose'];
  }
}
