// The copies of re-routed records, as they are found in the input topic, and what must be the same in them: value,
// headers, the key and the time of the first record.

import type { InputRecord } from '../../pipeline/ports.ts';
import { fingerprint, headerText, ORIGIN_KEY, type SourceMark } from './bytes.ts';
import { copiedHeaders, headerDifferences } from './copied-headers.ts';
import type { EventAbout, FoundMessage } from './event-ledger.ts';
import type { ExpectedEvent } from './expected-events.ts';
import type { Mismatches } from './mismatches.ts';

/** What is kept of a copy: digests, no bytes. */
export interface FoundCopy extends FoundMessage {
  readonly value: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly log_time: string | undefined;
  readonly group: string | undefined;
}

export function foundCopy(record: InputRecord, mark: SourceMark): FoundCopy {
  return {
    partition: record.partition,
    mark,
    ce_id: undefined,
    value: fingerprint(record.value),
    headers: copiedHeaders(record.headers),
    log_time: headerText(record.headers, 'taskfold-log-time'),
    group: headerText(record.headers, 'taskfold-group'),
  };
}

export function compareCopy(
  expected: ExpectedEvent,
  found: FoundCopy,
  about: EventAbout,
  mismatches: Mismatches,
): void {
  const { event, bytes, log_time } = expected;
  if (event.kind !== 'reroute' || bytes === undefined) throw new Error('no re-routed record');
  const said = new Map([
    ['partition', String(event.to)],
    ['value', bytes.value],
    [`header ${ORIGIN_KEY}`, bytes.key],
    ['header taskfold-log-time', String(log_time)],
  ]);
  const seen = new Map([
    ['partition', String(found.partition)],
    ['value', found.value],
    [`header ${ORIGIN_KEY}`, found.headers.get(ORIGIN_KEY) ?? fingerprint(null)],
    ['header taskfold-log-time', found.log_time ?? 'none'],
  ]);
  mismatches.compare(about, said, seen);
  // A copy of another group never comes here.
  if (found.group === undefined) mismatches.add({ ...about, field: 'header taskfold-group', problem: 'missing' });
  for (const name of headerDifferences(bytes.headers, found.headers)) {
    mismatches.add({ ...about, field: `header ${name}`, problem: 'differs' });
  }
}
