// One whole verification: which partitions can be looked at, state, events, truth, and the figures for the answer.

import { registryAccess } from '../../connect/registry-access.ts';
import { createKafka } from '../../kafka/connection.ts';
import { groupKeys } from '../../redis/slot-keys.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { openRedis } from '../open-redis.ts';
import { registryOptions } from '../service-targets.ts';
import { kafkaConnection, kafkaLog } from '../topic-admin.ts';
import { topologyOfConfig } from '../topology-of-config.ts';
import { compareTruth, ToldOfTasks, type TruthAnswer } from './compare-truth.ts';
import { erasToReplay } from './eras.ts';
import { EventBooks } from './event-books.ts';
import { foldedFigures } from './folded-figures.ts';
import { foundFigures } from './found-figures.ts';
import { lookAtKafka } from './look-at-kafka.ts';
import { Mismatches } from './mismatches.ts';
import { createPlainSchemas } from './plain-schemas.ts';
import { InputReplay, type ReplayedPartition } from './replay-input.ts';
import { compareState, readPins } from './state-look.ts';
import { type VerifyDocument, verifyDocument } from './verify-document.ts';
import { waitUntilSettled } from './wait-until-settled.ts';

export interface VerifyOptions {
  /** a truth file */
  readonly truth?: string | undefined;
  /** seconds to wait until all is folded and sent; undefined: as it is now */
  readonly wait?: number | undefined;
  /** how many mismatches are kept, and shown */
  readonly limit: number;
}

/** @throws CommandFailure, Fault, or a library's error where a service is away */
export async function verify(
  context: CommandContext,
  options: VerifyOptions,
  onProgress: (text: string) => void,
): Promise<VerifyDocument> {
  const began = performance.now();
  const { config } = context;
  const { redis_prefix: prefix, group } = config;
  const topology = topologyOfConfig(config);
  const { client: redis } = await openRedis(context);
  const look = await lookAtKafka(context);
  const positions = await look.positions();
  const keyOf = groupKeys(prefix, group);
  const keys = [...positions.keys()].map(keyOf);
  if (options.wait !== undefined) await waitUntilSettled(redis, look, keys, options.wait, onProgress);

  const pins = await readPins(redis, keys);
  if (pins.every(({ pin }) => pin.watermark === null)) {
    const where = `group ${group} under the prefix ${prefix}`;
    throw new CommandFailure(
      `nothing was folded yet by ${where}`,
      EXIT.failed,
      'start "taskfold run", or check the names',
    );
  }
  const unchecked: VerifyDocument['unchecked'] = [];
  const truth_alone: number[] = [];
  const partitions = new Map<number, ReplayedPartition>();
  const grown = erasToReplay(
    pins.map(({ pin }) => pin),
    positions,
  );
  for (const [partition, { pin }] of pins.entries()) {
    const { start } = positions.get(partition)!;
    const origin = pin.origin ?? start;
    const isGrown = pin.growth !== null;
    const gone =
      isGrown && typeof grown === 'string'
        ? grown
        : start > origin && `its log begins at ${start}, its fold began at ${origin}; the records between are gone`;
    if (!gone) {
      partitions.set(partition, { origin, incarnation: pin.incarnation, settings: pin.settings, grown: isGrown });
    } else if (options.truth !== undefined) truth_alone.push(partition);
    else {
      const what = `partition ${partition}: ${gone}`;
      unchecked.push({ partition, why: `${what}, so neither its state nor its events can be told` });
    }
  }

  const kafka = createKafka(kafkaConnection(config), 'read', kafkaLog(context));
  const schemas = createPlainSchemas(registryAccess(registryOptions(config)), config.service_timeout_ms);
  const mismatches = new Mismatches(options.limit);
  const told = new ToldOfTasks();
  const books = new EventBooks(topology);
  const replay = new InputReplay({
    kafka,
    topic: topology.input.topic,
    verdictTopic: topology.verdicts.topic,
    group,
    schemas,
    eras: [...(typeof grown === 'string' ? [] : grown), { partitionCount: keys.length, partitions }],
    onEvent(event) {
      books.expect(event);
      if (options.truth !== undefined) told.take(event);
    },
    onCopy: (record, mark) => books.addCopy(record, mark),
    onUnknownSchema(partition, offset, schemaId) {
      const field = `the verdict on schema ${schemaId} of offset ${offset}, which the registry does not know`;
      mismatches.add({ about: 'partition', partition, field, problem: 'missing' });
    },
  });

  const seen = await compareState({
    redis,
    kafka: look,
    replay,
    prefix,
    group,
    keys,
    pins,
    mismatchesKept: options.limit,
    onProgress,
  });
  mismatches.addAll(seen.mismatches);
  const events = await books.compare({
    kafka,
    look,
    schemas,
    redis,
    keys,
    replay,
    ranges: seen.ranges,
    copiesEmittedBefore: seen.emittedBefore,
    mismatchesKept: options.limit,
    onProgress,
  });
  mismatches.addAll(events.mismatches);
  unchecked.push(...events.unchecked);

  let truth: TruthAnswer | undefined;
  if (options.truth !== undefined) {
    onProgress('comparing with the truth');
    const looking = { redis, kafka, look, schemas, topology, prefix, group, keys, onProgress };
    const figures =
      truth_alone.length === 0 ? foldedFigures(replay, told, books) : await foundFigures(looking, mismatches);
    truth = await compareTruth(options.truth, topology.input.topic, figures, mismatches);
    const outgoing = truth_alone.length === 0 ? [] : [topology.failures.topic, topology.jobCreations.topic];
    for (const topic of outgoing) {
      const begins = (await look.truncated(topic)).size > 0;
      if (begins) unchecked.push({ why: `${topic}: its log begins later, retention may have removed events` });
    }
  }
  return verifyDocument({
    seen,
    positions: await look.positions(),
    replay,
    books,
    pending: events.pending,
    unchecked,
    truth,
    truth_alone,
    mismatches,
    seconds: Math.round((performance.now() - began) / 100) / 10,
  });
}
