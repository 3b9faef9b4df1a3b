// Runs a simulated fleet against a real input topic: at an even rate, or as fast as the broker takes it; and keeps the
// truth of what the broker acknowledged.

import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises';
import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import { PublishFailed } from '../kafka/publish-failed.ts';
import type { OutgoingUpdate } from '../kafka/update-publisher.ts';
import type { FleetRecord } from './deed.ts';
import { damage } from './flaw.ts';
import type { Fleet } from './fleet.ts';
import type { Truth } from './truth.ts';

export interface SimulationOptions {
  readonly fleet: Fleet;
  readonly truth: Truth;
  /** an update as the bytes of a record */
  readonly encode: (update: TaskStatusDetail) => Buffer;
  /** resolves when the broker has all of them; else throws PublishFailed */
  readonly publish: (updates: readonly OutgoingUpdate[]) => Promise<void>;
  /** updates a second; 0: as fast as possible */
  readonly rate: number;
  /** ends the run early: what is out is waited for, nothing more is made */
  readonly signal: AbortSignal;
}

/** How often an even rate sends; ms. */
const TICK_MS = 50;
const BATCH_RECORDS_MAX = 5_000;
/** Records made between two looks at the network, so that a send that is out goes on meanwhile. */
const SLICE_RECORDS = 500;

/**
 * Resolves when the fleet has made all its records, or the signal came, and everything sent is acknowledged.
 * @throws PublishFailed; the truth then holds what was acknowledged, and marks what nobody knows
 */
export async function simulate(options: SimulationOptions): Promise<void> {
  const { fleet, truth, rate, signal } = options;
  const began = performance.now();
  const due = () =>
    rate === 0 ? BATCH_RECORDS_MAX : Math.floor(((performance.now() - began) / 1_000) * rate) - fleet.made;
  let out: Promise<void> = Promise.resolve();
  while (!signal.aborted) {
    const wanted = Math.min(due(), BATCH_RECORDS_MAX);
    if (wanted <= 0) {
      await sleep(TICK_MS);
      continue;
    }
    const batch = await makeBatch(options, wanted);
    if (batch.records.length === 0) break;
    // One batch is out while the next one is made; never two, so that order is kept and a failure ends it all.
    await out;
    out = send(options, batch, truth);
    // Its failure is met at the next `await out`.
    out.catch(() => {});
    if (rate > 0) await sleep(TICK_MS);
  }
  await out;
}

interface Batch {
  readonly records: FleetRecord[];
  readonly updates: OutgoingUpdate[];
}

async function makeBatch({ fleet, encode }: SimulationOptions, wanted: number): Promise<Batch> {
  const batch: Batch = { records: [], updates: [] };
  for (let made = 0; made < wanted; made++) {
    const record = fleet.next();
    if (!record) break;
    const sound = encode(record.update);
    batch.records.push(record);
    batch.updates.push({
      key: record.key,
      partition: record.partition,
      value: record.flaw ? damage(record.flaw, sound) : sound,
    });
    if (made % SLICE_RECORDS === SLICE_RECORDS - 1) await breathe();
  }
  return batch;
}

async function send({ publish }: SimulationOptions, { records, updates }: Batch, truth: Truth): Promise<void> {
  try {
    await publish(updates);
  } catch (error) {
    if (!(error instanceof PublishFailed)) {
      // Nothing is known of what left and what did not.
      for (const record of records) truth.unknown(record);
      throw error;
    }
    records.forEach((record, i) => {
      const outcome = error.outcomes[i];
      if (outcome === 'published') truth.acknowledged(record);
      else if (outcome === 'unknown') truth.unknown(record);
    });
    throw error;
  }
  for (const record of records) truth.acknowledged(record);
}
