// What the `rejects` commands work with: the rejects topic, the input that pointers lead to, the log of replays, and what says
// what becomes of a record now: the decoder, and the settings in force, which only Redis has.

import type { Kafka } from 'kafkajs';
import { createRegistryClient } from '../../avro/registry-client.ts';
import { type Reject, readReject } from '../../avro/reject-message.ts';
import { createUpdateDecoder } from '../../avro/update-decoder.ts';
import { ClusterLink } from '../../kafka/cluster-link.ts';
import { createKafka } from '../../kafka/connection.ts';
import { EmittedMarks } from '../../kafka/emitted-marks.ts';
import { coordinatesKey, readRecordsAt } from '../../kafka/read-records-at.ts';
import { readTopic } from '../../kafka/read-topic.ts';
import { ReplayLog } from '../../kafka/replay-log.ts';
import { Fault } from '../../pipeline/errors.ts';
import type { InputRecord } from '../../pipeline/ports.ts';
import type { LiveReads } from '../../read/live-reads.ts';
import type { Topology } from '../../topology.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { openReads } from '../open-redis.ts';
import { registryOptions } from '../service-targets.ts';
import { settingsInForce } from '../settings/in-force.ts';
import { kafkaConnection, kafkaLog, openTopicAdmin } from '../topic-admin.ts';
import { topologyOfConfig } from '../topology-of-config.ts';
import { type OutlookTerms, type RejectAtHand, recordOf } from './reject-outlook.ts';

export interface FoundReject {
  readonly reject: Reject;
  /** the message as it lies in the rejects topic */
  readonly message: InputRecord;
}

export interface Rejects {
  readonly topology: Topology;
  readonly terms: OutlookTerms;
  readonly replayLog: ReplayLog;
  /** All messages of the rejects topic that this group wrote, in order within a partition, to its present end. */
  stream(onProgress?: (progress: { done: number; total: number }) => void): AsyncGenerator<FoundReject[], void, void>;
  /** Where the rejects topic begins and ends, by partition. */
  bounds(): Promise<ReadonlyMap<number, { readonly start: number; readonly end: number }>>;
  /** As `stream`, of these stretches alone: by partition the first offset, and the first one that is not wanted. */
  between(
    from: ReadonlyMap<number, number>,
    to: ReadonlyMap<number, number>,
  ): AsyncGenerator<FoundReject[], void, void>;
  /** The messages at these places of the rejects topic, as far as it has them. */
  at(places: readonly { partition: number; offset: number }[]): Promise<FoundReject[]>;
  /** The same with their records, and `terms` as they are now: a pointer's record is read from the input. */
  withRecords(found: readonly FoundReject[]): Promise<RejectAtHand[]>;
}

/** @throws CommandFailure where a topic is missing; Fault service_unavailable */
export async function openRejects(context: CommandContext): Promise<Rejects> {
  const { config } = context;
  const topology = topologyOfConfig(config);
  const { input, rejects, replays, groups } = topology;
  const admin = await openTopicAdmin(context);
  const shapes = await Promise.all([input, rejects, replays].map(({ topic }) => admin.look(topic)));
  const missing = [input, rejects, replays].filter((_, i) => shapes[i] === null).map(({ topic }) => topic);
  if (missing.length > 0) {
    throw new CommandFailure(`there is no topic ${missing.join(', ')}`, EXIT.failed, 'taskfold topics create');
  }
  const kafka: Kafka = createKafka(kafkaConnection(config), 'read', kafkaLog(context));
  const link = (topic: string) => {
    const opened = new ClusterLink(kafka, topic);
    context.closing(() => opened.close());
    return opened;
  };
  const [inputLink, rejectsLink, replaysLink] = [link(input.topic), link(rejects.topic), link(replays.topic)];
  const registry = createRegistryClient(registryOptions(config));
  // No patience with a schema that is denied: whoever asks has just registered it, or wants to see that it is missing.
  const decoder = createUpdateDecoder({ registry, unknownSchemaWaitMs: 0 });
  const [mark] = [...(await new EmittedMarks(inputLink, groups.emitted).readAll()).values()];
  const replayLog = new ReplayLog(replaysLink);
  await replayLog.advance();
  let reads: LiveReads | undefined;
  let copyBytesMax: ReadonlyMap<number, number> = new Map();
  // What a partition begins with that was not folded yet: what the others began with, as it would be pinned there.
  const copyBytesMaxAtOrigin = mark?.pins.settings.copy_bytes_max ?? config.copy_bytes_max;

  /** They change while a replay goes on. */
  async function readSettingsInForce(): Promise<void> {
    reads ??= await openReads(context);
    const { partitions } = settingsInForce(await reads.readPartitions());
    copyBytesMax = new Map(
      partitions.flatMap(({ partition, settings }) => (settings ? [[partition, settings.copy_bytes_max]] : [])),
    );
  }

  /** Our own: another group that rejects has its own topic, unless somebody mixed them. */
  const found = (message: InputRecord): FoundReject[] => {
    const reject = readReject(rejects.topic, message);
    return reject !== null && (reject.group ?? groups.members) === groups.members ? [{ reject, message }] : [];
  };

  return {
    topology,
    replayLog,
    terms: {
      decoder,
      topic: input.topic,
      partition_count: shapes[0]!.partitions,
      copyBytesMaxOf: (partition) => copyBytesMax.get(partition) ?? copyBytesMaxAtOrigin,
      message_bytes_max: Number(shapes[0]!.configs['max.message.bytes'] ?? Number.POSITIVE_INFINITY),
    },
    async *stream(onProgress) {
      const options = { topic: rejects.topic, ...(onProgress === undefined ? {} : { onProgress }) };
      for await (const { records } of readTopic(kafka, options)) yield records.flatMap(found);
    },
    async bounds() {
      const partitions = [...Array(await rejectsLink.partitionCount()).keys()];
      const starts = await rejectsLink.offsets(partitions, 'start');
      const ends = await rejectsLink.offsets(partitions, 'end');
      return new Map(partitions.map((p) => [p, { start: starts.get(p)!, end: ends.get(p)! }]));
    },
    async *between(from, to) {
      const options = { topic: rejects.topic, partitions: [...from.keys()], from, to };
      for await (const { records } of readTopic(kafka, options)) yield records.flatMap(found);
    },
    async at(places) {
      const records = await readRecordsAt(rejectsLink, places);
      return places.flatMap((place) => {
        const record = records.get(coordinatesKey(place));
        return record === undefined ? [] : found(record);
      });
    },
    async withRecords(all) {
      if (all.length === 0) return [];
      await readSettingsInForce();
      const pointers = all.filter(({ reject }) => reject.form === 'pointer' && reject.source.topic === input.topic);
      const pointed = await readRecordsAt(
        inputLink,
        pointers.map(({ reject }) => reject.source),
      );
      const atHand = all.map(({ reject, message }) => {
        const here = reject.source.topic === input.topic ? pointed.get(coordinatesKey(reject.source)) : undefined;
        return recordOf(reject, message, here ?? null);
      });
      const ids = atHand.map(({ record }) => decoder.schemaIdOf(record?.value ?? null)).filter((id) => id !== null);
      for (const [id, outcome] of await decoder.load(new Set(ids))) {
        if (outcome !== 'unavailable') continue;
        throw new Fault('service_unavailable', `the schema registry does not tell whether it knows schema ${id}`);
      }
      return atHand;
    },
  };
}
