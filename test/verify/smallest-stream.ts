// The smallest part of a stream that two folds still see differently.

import type { StreamRecord } from './random-updates.ts';

/** Takes records and fields away for as long as the rest still fails. */
export function smallest(
  records: readonly StreamRecord[],
  fails: (records: readonly StreamRecord[]) => boolean,
): readonly StreamRecord[] {
  let least = records;
  for (let progress = true; progress; ) {
    progress = false;
    for (const smaller of smallerStreams(least)) {
      if (!fails(smaller)) continue;
      least = smaller;
      progress = true;
      break;
    }
  }
  return least;
}

function* smallerStreams(records: readonly StreamRecord[]): Generator<StreamRecord[]> {
  for (const [at, record] of records.entries()) {
    yield records.filter((_, other) => other !== at);
    // The same without the time that went by before it.
    const step = record.log_time - (records[at - 1]?.log_time ?? record.log_time);
    const moved = records.map((one, other) => (other > at ? { ...one, log_time: one.log_time - step } : one));
    if (step !== 0) yield moved.filter((_, other) => other !== at);
    const instead = (smaller: StreamRecord) => records.map((one, other) => (other === at ? smaller : one));
    for (const field of ['tick', 'control', 'work_request_status', 'source'] as const) {
      const { [field]: value, ...rest } = record;
      if (value !== undefined) yield instead(rest);
    }
    for (const field of Object.keys(record.update ?? {})) {
      if (field === 'internal_task_id') continue;
      const { [field as keyof typeof record.update]: _, ...rest } = record.update!;
      yield instead({ ...record, update: rest });
    }
  }
}
