// Whether a snapshot may be put back: it is of this partition's present life, the log still holds everything from its W on,
// and the log is the one that was folded. Looked at behind a fence, before anything is touched.

import type { Kafka } from 'kafkajs';
import { Fault } from '../../pipeline/errors.ts';
import type { EmittedMark, RecordFingerprint } from '../../pipeline/ports.ts';
import { decodeHead } from '../../redis/head-codec.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { holdsRecord } from '../same-log.ts';
import { checkSnapshot, type SnapshotHeader } from './snapshot-file.ts';

/** A file that is whole and of this group and topic. */
export interface FoundSnapshot {
  readonly file: string;
  readonly header: SnapshotHeader;
  readonly fingerprint: RecordFingerprint | null;
}

/** @throws CommandFailure where the file is damaged, or of something else */
export async function examine(context: CommandContext, file: string, partition: number): Promise<FoundSnapshot> {
  const { header, head } = await checkSnapshot(file);
  const { group, input_topic } = context.config;
  const ours = { group, topic: input_topic, partition };
  for (const [name, value] of Object.entries(ours)) {
    const its = header[name as keyof typeof ours];
    if (its !== value) {
      throw new CommandFailure(
        `${file} is of ${name} ${its}, not ${value}`,
        EXIT.usage,
        'check the names and the file',
      );
    }
  }
  try {
    const { watermark, counts, fingerprint } = decodeHead(`${file}: head`, head);
    const same = watermark === header.watermark && counts?.pins.incarnation === header.incarnation;
    if (same) return { file, header, fingerprint };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new CommandFailure(`${file} holds no state that this Taskfold reads: ${error.message}`, EXIT.failed);
  }
  throw new CommandFailure(`${file} contradicts itself: its head is not of the W that it names`, EXIT.failed);
}

export interface LogOfPartition {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly partitionCount: number;
  readonly start: number;
  readonly end: number;
}

/**
 * @param mark C as read behind a fence; null: it is lost, and the owner finds it again or halts
 * @throws CommandFailure with what stands against it
 */
export async function requireFit(
  { header, fingerprint }: FoundSnapshot,
  mark: EmittedMark | null,
  log: LogOfPartition,
): Promise<void> {
  const { partition, watermark, incarnation, partition_count } = header;
  const refuse = (why: string, cure: string) =>
    new CommandFailure(`partition ${partition} is left as it is: ${why}`, EXIT.failed, cure);
  if (partition_count !== log.partitionCount) {
    const counts = `${partition_count} partitions, the topic has ${log.partitionCount}`;
    throw refuse(`the snapshot was folded over ${counts}`, 'take one that was saved since the topic has so many');
  }
  if (mark !== null && mark.pins.incarnation !== incarnation) {
    const lives = `incarnation ${incarnation}, and C is of ${mark.pins.incarnation}`;
    throw refuse(
      `the snapshot is of ${lives}: the partition was begun anew since`,
      'take one that was saved since; an older one does not belong to what was sent',
    );
  }
  if (log.start > watermark) {
    throw refuse(
      `the log begins at ${log.start}, and the snapshot goes up to ${watermark}: the records between are gone`,
      `take a newer snapshot, or accept the loss: taskfold partitions rebuild ${partition} --accept-history-loss`,
    );
  }
  const again = `if the topic was made again: taskfold partitions reset ${partition}`;
  if (log.end < watermark) {
    throw refuse(`the log ends at ${log.end}, below the snapshot's W ${watermark}`, again);
  }
  // What retention has removed can be compared no more.
  if (fingerprint === null || fingerprint.offset < log.start) return;
  if (await holdsRecord(log.kafka, log.topic, partition, fingerprint)) return;
  throw refuse(`the record at offset ${fingerprint.offset} is not the one that was folded`, again);
}
