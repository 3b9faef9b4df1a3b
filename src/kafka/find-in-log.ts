// Looks whether a run of records arrived in a partition: how a publisher finds out about a send whose answer was lost.

import type { InputRecord } from '../pipeline/ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { RecordSetReader } from './record-set-reader.ts';

/** What a record of the run has to equal. */
export interface SentRecord {
  readonly key: string | null;
  readonly value: Buffer | null;
}

const READ_BYTES_MAX = 4 * 1024 * 1024;
const READ_WAIT_MS = 500;
const RECORDS_MAX = 10_000;
/** answers in a row without a new record before the reading counts as failed */
const EMPTY_ANSWERS_MAX = 10;

/**
 * Reads the partition from `from` to its end. Answers the offset of the run's first record, or null: it is not there.
 * The broker appends the records of one send to a partition as one batch, so the run lies there whole or not at all.
 * @param run at least one record
 * @throws Fault service_unavailable, or Error where the partition can't be read
 */
export async function findInLog(
  link: ClusterLink,
  partition: number,
  from: number,
  run: readonly SentRecord[],
): Promise<number | null> {
  const end = (await link.offsets([partition], 'end')).get(partition) ?? from;
  let matched = 0;
  let first = from;
  let position = from;
  for (let empty = 0; position < end; ) {
    const reader = await read(link, partition, position);
    if (reader.exhausted && ++empty > EMPTY_ANSWERS_MAX) {
      throw new Error(`Partition ${partition} of ${link.topic} can't be read to its end.`);
    }
    const records: InputRecord[] = [];
    while (!reader.exhausted) reader.read(records, records.length + RECORDS_MAX);
    position = reader.end;
    for (const record of records) {
      // A run that breaks off can begin again only at its first record: it lies in one piece.
      if (!equals(record, run[matched]!)) matched = 0;
      if (!equals(record, run[matched]!)) continue;
      if (matched === 0) first = record.offset;
      if (++matched === run.length) return first;
    }
  }
  return null;
}

async function read(link: ClusterLink, partition: number, position: number): Promise<RecordSetReader> {
  const leader = (await link.leaders()).get(partition);
  if (leader === undefined) throw new Error(`Partition ${partition} of ${link.topic} has no leader.`);
  const ask = { partition, offset: position, bytesMax: READ_BYTES_MAX };
  const limits = { waitMs: READ_WAIT_MS, bytesMax: READ_BYTES_MAX };
  const answer = (await link.fetch(leader, [ask], 'uncommitted', limits)).partitions[0];
  if (answer?.errorCode !== 0) {
    await link.refresh();
    throw new Error(`Reading partition ${partition} of ${link.topic} failed with error ${answer?.errorCode}.`);
  }
  return new RecordSetReader(answer.records, partition, position, []);
}

function equals(record: { readonly key: Buffer | null; readonly value: Buffer | null }, sent: SentRecord): boolean {
  if (record.value === null || sent.value === null) {
    if (record.value !== sent.value) return false;
  } else if (!record.value.equals(sent.value)) return false;
  if (record.key === null || sent.key === null) return record.key === null && sent.key === null;
  return record.key.toString() === sent.key;
}
