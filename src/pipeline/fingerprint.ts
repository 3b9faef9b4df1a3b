// Tells whether the log below C is still the one that we folded: a topic that was deleted and made again looks the same
// from its offsets alone.

import { crc32 } from 'node:zlib';
import type { Decoded, InputRecord, RecordFingerprint, RecordPlace } from './ports.ts';

/** A record that holds a token, or may hide one because it does not decode, counts by its key alone. */
export function fingerprintOf(record: InputRecord, decoded: Decoded): RecordFingerprint {
  const mayHoldToken =
    decoded.kind === 'reject' || (decoded.update.create_jobs_action?.some((action) => !!action.token) ?? false);
  const scope = mayHoldToken ? 'key' : 'value';
  return { offset: record.offset, timestamp: record.timestamp, scope, crc: crcOf(record, scope) };
}

/** Whether this record is the one that the fingerprint was taken of, as far as it tells. */
export function matches(known: RecordPlace | RecordFingerprint, record: InputRecord): boolean {
  if (record.offset !== known.offset || record.timestamp !== known.timestamp) return false;
  return !('crc' in known) || crcOf(record, known.scope) === known.crc;
}

function crcOf(record: InputRecord, scope: RecordFingerprint['scope']): number {
  const key = crc32(record.key ?? '');
  return scope === 'key' ? key : crc32(record.value ?? '', key);
}
