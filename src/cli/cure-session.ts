// What the cures work with: the adapters, a look at partitions before, and a watch over what their owners do after.

import { foldSettings } from '../config.ts';
import { ClusterLink } from '../kafka/cluster-link.ts';
import { createKafka } from '../kafka/connection.ts';
import { KafkaEventLog } from '../kafka/event-log.ts';
import { createLiveReads } from '../read/live-reads.ts';
import { RESUME_FIELD } from '../redis/live-codec.ts';
import { groupKeys } from '../redis/slot-keys.ts';
import { createSlotStore } from '../redis/slot-store.ts';
import type { CommandContext } from './command-context.ts';
import { readKafkaPositions } from './kafka-positions.ts';
import { openRedis } from './open-redis.ts';
import type { Cure, CurePorts } from './partition-cures.ts';
import { type PartitionStatus, partitionStatus } from './partition-status.ts';
import { givenFoldSettings } from './read-config.ts';
import { holdsRecord } from './same-log.ts';
import { kafkaConnection, kafkaLog } from './topic-admin.ts';
import { inputPartitions } from './topics.ts';
import { topologyOfConfig } from './topology-of-config.ts';
import { watchOwner } from './watch-owner.ts';

/** How a partition stands after its cure. */
export interface Outcome {
  readonly partition: number;
  /**
   * A state of the owner; `no_owner`: whoever starts next takes it up; `unnoticed`: the owner is idle and takes it up with
   * the next record; `refused`: nothing was done.
   */
  readonly condition: string;
  readonly watermark?: number;
  readonly lag?: number;
  readonly reason?: string;
  readonly cure?: string;
}

/** A rebuild and a reset are done when the slot is empty, whoever folds it again; a resume, when its owner works. */
const DONE: Readonly<Record<Cure, readonly string[]>> = {
  resume: ['running', 'draining'],
  rebuild: ['running', 'draining', 'no_owner', 'unnoticed'],
  reset: ['running', 'draining', 'no_owner', 'unnoticed'],
};

/** Whether the cure did what it says; else the owner is halted again, away, or not ready to claim. */
export function isCured(cure: Cure, { condition }: Pick<Outcome, 'condition'>): boolean {
  return DONE[cure].includes(condition);
}

export interface CureSession {
  readonly ports: CurePorts;
  /** How the partitions stand, in the order asked. */
  look(partitions: readonly number[]): Promise<PartitionStatus[]>;
  /** When the owner last reported (its clock, ms), or 0. */
  lastSeen(partition: number): Promise<number>;
  /** Waits until the owner has taken the cure up, or there seems to be none. @param seenBefore from `lastSeen` */
  outcome(partition: number, seenBefore: number): Promise<Outcome>;
}

/** @throws CommandFailure if the input topic does not exist */
export async function openCureSession(context: CommandContext): Promise<CureSession> {
  const { config } = context;
  const topology = topologyOfConfig(config);
  const count = await inputPartitions(context);
  const { client: redis } = await openRedis(context);
  const { redis_prefix: prefix, group, input_topic: topic } = config;
  const log = kafkaLog(context);
  const readKafka = createKafka(kafkaConnection(config), 'read', log);
  const eventLog = new KafkaEventLog({
    readKafka,
    writeKafka: createKafka(kafkaConnection(config), 'write', log),
    topology,
  });
  context.closing(() => eventLog.close());
  const link = new ClusterLink(readKafka, topic);
  context.closing(() => link.close());
  const slotStore = createSlotStore({ redis, prefix, group });
  const keysOf = groupKeys(prefix, group);
  const reads = createLiveReads({ redis, prefix, group, topic });

  async function look(partitions: readonly number[]): Promise<PartitionStatus[]> {
    const positions = await readKafkaPositions(context);
    const documents = new Map((await reads.readPartitions()).map((document) => [document.partition, document]));
    return Promise.all(
      partitions.map(async (partition) => {
        const document = documents.get(partition) ?? { partition, outbox_length: 0 };
        return partitionStatus(document, positions, Date.now());
      }),
    );
  }

  return {
    ports: {
      eventLog,
      slotStore,
      async settings(partition) {
        const inForce = (await reads.readPartitions())[partition]?.settings;
        return { ...(inForce ?? foldSettings(config)), ...givenFoldSettings(config, context.sources) };
      },
      partitionCount: async () => count,
      holdsRecord: (partition, fingerprint) => holdsRecord(readKafka, topic, partition, fingerprint),
      async bounds(partition) {
        const [starts, ends] = [await link.offsets([partition], 'start'), await link.offsets([partition], 'end')];
        return { start: starts.get(partition) ?? 0, end: ends.get(partition) ?? 0 };
      },
    },
    look,
    lastSeen: async (partition) => (await slotStore.readLive(partition))?.seen_at ?? 0,
    async outcome(partition, seenBefore) {
      const isWaiting = async () => (await redis.hexists(keysOf(partition).live, RESUME_FIELD)) === 1;
      const isFolding = async () => (await reads.readPartitions())[partition]?.watermark !== undefined;
      const condition = await watchOwner(slotStore, partition, seenBefore, isWaiting, isFolding);
      // An owner that was not halted never takes the request; left behind, it would lift a later halt.
      await slotStore.takeResume(partition);
      const status = (await reads.readPartitions())[partition];
      return {
        partition,
        condition,
        ...(status?.watermark === undefined ? {} : { watermark: status.watermark }),
        ...(status?.lag === undefined ? {} : { lag: status.lag }),
        ...(condition === 'halted' && status?.halt ? { reason: status.halt.message, cure: status.halt.cure } : {}),
      };
    },
  };
}
