// What an earlier owner decided and did not send: the pending notices of the outbox leave first, in order, before the
// fold goes on. The outbox holds decisions; whatever the record carries is taken from the log again.

import { type Notice, needsRecord, needsUpdate } from '../domain/notice.ts';
import { type Claimed, moved } from './claim.ts';
import type { PipelineContext } from './context.ts';
import { type Emitter, messageBytes } from './emitter.ts';
import { away, Fault } from './errors.ts';
import type { InputRecord, LogBatch, OutgoingMessage } from './ports.ts';

/** How often a record that must be there is asked for before Kafka counts as away. */
const RECORD_LOOKS = 20;

/**
 * Sends every notice at or above C that was saved before the claim.
 * A transaction moves C at most to the W that its notices were read with.
 */
export async function drain(context: PipelineContext, partition: number, claimed: Claimed, emitter: Emitter) {
  const { slotStore } = context.ports;
  let max = context.settings.notices_page;
  for (;;) {
    const page = await slotStore.readNotices(partition, emitter.mark.offset, max);
    // W alone can be that of a copy from another log's life, whose notices are none of this one's.
    const ours = page.watermark === claimed.watermark && page.log_time === claimed.head.clock.log_time;
    if (!ours) throw moved(partition, claimed.watermark, page.watermark);
    if (page.notices.length === 0) return;
    const lastOffset = page.notices.at(-1)!.offset;
    // All notices of one record leave in one transaction: the page's last record may go on behind the page.
    const whole = page.more ? page.notices.filter((notice) => notice.offset < lastOffset) : page.notices;
    if (whole.length === 0) {
      max *= 2;
      continue;
    }
    await send(context, partition, whole, emitter, page.more ? lastOffset : claimed.watermark);
  }
}

/** Sends the notices in transactions of bounded size, cut between records only; the last one moves C to `target`. */
async function send(
  context: PipelineContext,
  partition: number,
  notices: readonly Notice[],
  emitter: Emitter,
  target: number,
): Promise<void> {
  let messages: OutgoingMessage[] = [];
  let bytes = 0;
  let near: LogBatch | null = null;
  for (const [i, notice] of notices.entries()) {
    let record: InputRecord | null = null;
    if (needsRecord(notice)) {
      if (near === null || notice.offset >= near.to) near = await fetchAt(context, partition, notice.offset);
      record = near.records.find((one) => one.offset === notice.offset) ?? null;
      if (record === null) {
        throw new Fault(
          'payload_gone',
          `A pending ${notice.body.kind} needs the record at offset ${notice.offset} of partition ${partition}, and the log has it no more.`,
        );
      }
    }
    const update = needsUpdate(notice) ? await decodeAgain(context, record!) : null;
    const message = context.ports.encoder.encode(partition, notice, record, update);
    messages.push(message);
    bytes += messageBytes(message);
    const next = notices[i + 1]?.offset ?? target;
    const last = i === notices.length - 1;
    if (last || (next !== notice.offset && bytes > context.settings.pending_bytes_max)) {
      emitter.add(messages, next, undefined);
      await emitter.settle();
      messages = [];
      bytes = 0;
    }
  }
}

async function fetchAt(context: PipelineContext, partition: number, offset: number): Promise<LogBatch> {
  const { batch_records_max: records_max, fetch_wait_ms: wait_ms } = context.settings;
  for (let look = 0; look < RECORD_LOOKS; look++) {
    const batch = await context.ports.inputLog.fetch(partition, offset, { records_max, wait_ms }).catch((error) => {
      if (!(error instanceof Fault) || error.code !== 'history_gone') throw error;
      throw new Fault(
        'payload_gone',
        `A pending event needs offset ${offset} of partition ${partition}. ${error.message}`,
      );
    });
    if (batch.to > batch.from) return batch;
  }
  throw away('kafka', `Kafka does not show offset ${offset} of partition ${partition}.`);
}

/** The record was decoded when it was folded, so anything else now is the registry's doing, and is waited for. */
async function decodeAgain(context: PipelineContext, record: InputRecord) {
  const { decoder } = context.ports;
  const id = decoder.schemaIdOf(record.value);
  const loaded = id === null ? undefined : (await decoder.load(new Set([id]))).get(id);
  if (loaded !== 'known') {
    throw away('registry', `The schema registry does not answer with schema ${id}, which it knew before.`);
  }
  const decoded = decoder.decode(record.value);
  if (decoded.kind !== 'update') {
    throw away('registry', `The record at offset ${record.offset} does not decode with schema ${id} any more.`);
  }
  return decoded.update;
}
