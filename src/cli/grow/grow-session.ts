// What a growth works with: adapters of its own, and holds on the slots, which are renewed until they are let go.

import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type { SlotHead } from '../../domain/head.ts';
import { ClusterLink } from '../../kafka/cluster-link.ts';
import { createKafka } from '../../kafka/connection.ts';
import { EmittedMarks } from '../../kafka/emitted-marks.ts';
import { KafkaEventLog } from '../../kafka/event-log.ts';
import { InputReader } from '../../kafka/input-reader.ts';
import type { PipelineContext } from '../../pipeline/context.ts';
import { Fault } from '../../pipeline/errors.ts';
import type { EmittedMark, EventLog, SlotStore } from '../../pipeline/ports.ts';
import { decodeHead } from '../../redis/head-codec.ts';
import { holdSlot, type SlotHold } from '../../redis/hold-slot.ts';
import type { RedisClient } from '../../redis/redis-target.ts';
import { defineScripts, type RunScript } from '../../redis/scripts.ts';
import { groupKeys, type SlotKeys } from '../../redis/slot-keys.ts';
import { createSlotStore } from '../../redis/slot-store.ts';
import { idsOf } from '../await-services.ts';
import type { CommandContext } from '../command-context.ts';
import { openRedis } from '../open-redis.ts';
import { codecPorts, pipelineSettings } from '../pipeline-parts.ts';
import { registerSchemas } from '../schemas.ts';
import { kafkaConnection, kafkaLog } from '../topic-admin.ts';
import { topologyOfConfig } from '../topology-of-config.ts';

export interface GrowSession {
  readonly context: CommandContext;
  readonly kafka: Kafka;
  readonly redis: RedisClient;
  readonly run: RunScript;
  readonly keysOf: (partition: number) => SlotKeys;
  readonly eventLog: EventLog;
  readonly slotStore: SlotStore;
  readonly log: InputReader;
  readonly holds: SlotHolds;
  /** C of all partitions of the topic that have one; not behind a fence */
  marks(): Promise<ReadonlyMap<number, EmittedMark>>;
  /** the head of a slot, and the mark of what did not end in it */
  headOf(partition: number): Promise<{ head: Omit<SlotHead, 'fleet'> | null; saving: string | null }>;
  /**
   * The pipeline over partitions as they were before the growth: it goes by their number of then, past our own holds.
   * @param growing the growth that may stand beside C
   */
  pipeline(partitionsBefore: number, growing: string | undefined): Promise<PipelineContext>;
}

export async function openGrowSession(context: CommandContext): Promise<GrowSession> {
  const { config } = context;
  const topology = topologyOfConfig(config);
  const { topic } = topology.input;
  const { client: redis } = await openRedis(context);
  const log = kafkaLog(context);
  const kafka = createKafka(kafkaConnection(config), 'read', log);
  const eventLog = new KafkaEventLog({
    readKafka: kafka,
    writeKafka: createKafka(kafkaConnection(config), 'write', log),
    topology,
    packing: config.kafka_compression,
  });
  context.closing(() => eventLog.close());
  const reader = new InputReader(kafka, topic, log);
  context.closing(() => reader.close());
  const link = new ClusterLink(kafka, topic, 0);
  context.closing(() => link.close());
  const keysOf = groupKeys(config.redis_prefix, config.group);
  const slotStore = createSlotStore({ redis, prefix: config.redis_prefix, group: config.group });
  const holds = new SlotHolds(redis, keysOf);
  context.closing(() => holds.stop());
  let codecs: ReturnType<typeof codecPorts> | undefined;
  return {
    context,
    kafka,
    redis,
    run: defineScripts(redis),
    keysOf,
    eventLog,
    slotStore,
    log: reader,
    holds,
    marks: () => new EmittedMarks(link, topology.groups.emitted).readAll(),
    async headOf(partition) {
      const { head } = keysOf(partition);
      const flat = Object.entries(await redis.hgetall(head)).flat();
      const { counts, saving } = decodeHead(head, flat);
      return { head: counts, saving };
    },
    async pipeline(partitionsBefore, growing) {
      codecs ??= codecPorts(context, idsOf(context, await registerSchemas(config)));
      return {
        ports: {
          ...codecs,
          eventLog,
          slotStore: { ...slotStore, isHeld: async () => false },
          inputLog: {
            fetch: (partition, position, limits) => reader.fetch(partition, position, limits),
            bounds: (partition) => reader.bounds(partition),
            partitionCount: async () => partitionsBefore,
          },
          membership: { nextHeartbeat: async () => {} },
        },
        settings: { ...pipelineSettings(context), ...(growing === undefined ? {} : { growing }) },
        observer: {},
      };
    },
  };
}

/** A hold lapses after 15 s. */
const KEEP_EVERY_MS = 4_000;
const LAPSED_MS_MAX = 20_000;
const LOOK_MS = 250;

function holder(pid: number): string {
  return `grow ${hostname()} ${pid}`;
}

/** Whether the hold is that of such a command on this machine that was killed. */
function isDead(token: string): boolean {
  const pid = Number(token.split(' ').at(-1));
  if (token !== holder(pid)) return false;
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** Holds on slots that last as long as the command does, or until they are let go. */
export class SlotHolds {
  readonly #redis: RedisClient;
  readonly #keysOf: (partition: number) => SlotKeys;
  readonly #holds = new Map<number, SlotHold>();
  #keeping: NodeJS.Timeout | null = null;

  constructor(redis: RedisClient, keysOf: (partition: number) => SlotKeys) {
    this.#redis = redis;
    this.#keysOf = keysOf;
  }

  /** Waits for the hold of another tool to lapse. @throws Fault slot_held if that goes on */
  async take(partition: number): Promise<void> {
    if (this.#holds.has(partition)) return;
    for (const until = Date.now() + LAPSED_MS_MAX; ; await sleep(LOOK_MS)) {
      try {
        this.#holds.set(partition, await holdSlot(this.#redis, this.#keysOf(partition), holder(process.pid), isDead));
        break;
      } catch (error) {
        if (!(error instanceof Fault && error.code === 'slot_held') || Date.now() > until) throw error;
      }
    }
    // What is lost with a hold is time alone: owners halt until this is through.
    this.#keeping ??= setInterval(() => {
      for (const hold of this.#holds.values()) hold.keep().catch(() => {});
    }, KEEP_EVERY_MS).unref();
  }

  async release(partition: number): Promise<void> {
    const hold = this.#holds.get(partition);
    this.#holds.delete(partition);
    await hold?.release();
  }

  /** Lets go of what is still held. */
  async stop(): Promise<void> {
    if (this.#keeping !== null) clearInterval(this.#keeping);
    for (const partition of [...this.#holds.keys()]) await this.release(partition).catch(() => {});
  }
}
