// Replays what a plan lists: read again, judged again, put into the input in transactions that also write down what was
// replayed. A crash leaves whole transactions or nothing, so whoever goes on knows exactly what is there.

import { hostname, userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaysOf } from '../../avro/reject-message.ts';
import { createKafka } from '../../kafka/connection.ts';
import { FencedProducer } from '../../kafka/fenced-producer.ts';
import { type ReplayRow, replayMessage } from '../../kafka/replay-log.ts';
import { Fault } from '../../pipeline/errors.ts';
import type { OutgoingMessage } from '../../pipeline/ports.ts';
import type { CommandContext } from '../command-context.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { kafkaConnection, kafkaLog } from '../topic-admin.ts';
import type { FoundReject, Rejects } from './open-rejects.ts';
import { outlookOf, type RejectAtHand } from './reject-outlook.ts';
import { fateOf, goes, type PlannedReplay, type ReplayPlan, type ReplayTerms } from './replay-plan.ts';

export interface ReplayRun {
  /** records a second, at most */
  readonly rate: number;
  /** told of each transaction that is committed */
  onReplayed(rows: readonly ReplayRow[]): Promise<void>;
}

export interface ReplayOutcome {
  readonly replayed: number;
  /** no longer replayable when their turn came, or replayed by somebody else meanwhile */
  readonly left: number;
  /** whether all of the plan was gone through */
  readonly ended: boolean;
}

/** Records in one transaction: each may be as large as a record can be. */
const TRANSACTION_RECORDS_MAX = 100;
/**
 * A processor believes a denied schema id for a second without asking again; a record that came sooner would be rejected
 * once more, although the schema is there by now. ms
 */
const DENIALS_FORGOTTEN_MS = 1_500;

/**
 * Ends early, between two transactions, when the command is asked to stop.
 * @throws CommandFailure where another replay has taken over; Fault service_unavailable
 */
export async function runReplay(
  context: CommandContext,
  rejects: Rejects,
  plan: ReplayPlan,
  terms: ReplayTerms,
  run: ReplayRun,
): Promise<ReplayOutcome> {
  const { config, signal } = context;
  const { topology, replayLog } = rejects;
  const kafka = createKafka(kafkaConnection(config), 'write', kafkaLog(context));
  const producer = await FencedProducer.claim(kafka, topology.replayTransactionalId, 'replayed records');
  context.closing(() => producer.close());
  // Behind the fence every earlier replay has ended: what it put into the input is known now.
  await replayLog.advance();
  await sleep(DENIALS_FORGOTTEN_MS);
  const by = `${userInfo().username}@${hostname()}`;
  let [replayed, left] = [0, 0];
  const size = Math.max(1, Math.min(TRANSACTION_RECORDS_MAX, Math.ceil(run.rate / 4)));
  for (let from = 0; from < plan.replays.length; from += size) {
    if (signal.aborted) return { replayed, left, ended: false };
    const began = performance.now();
    const planned = plan.replays.slice(from, from + size);
    const { messages, rows } = await prepare(rejects, planned, terms, by);
    try {
      await producer.transact([...messages, ...rows.map((row) => replayMessage(topology.replays.topic, row))]);
    } catch (error) {
      throw outcomeUnknown(error, replayed);
    }
    replayed += rows.length;
    left += planned.length - rows.length;
    await run.onReplayed(rows);
    const due = (1_000 * rows.length) / run.rate - (performance.now() - began);
    if (due > 0) await sleep(due, undefined, { signal }).catch(() => {});
  }
  return { replayed, left, ended: true };
}

async function prepare(rejects: Rejects, planned: readonly PlannedReplay[], terms: ReplayTerms, by: string) {
  const { replayLog } = rejects;
  const open = planned.filter(({ source }) => replayLog.replayedAt(source) === undefined);
  const found = await rejects.at(open.map(({ place }) => place));
  const messages: OutgoingMessage[] = [];
  const rows: ReplayRow[] = [];
  for (const [i, atHand] of (await rejects.withRecords(found)).entries()) {
    const outlook = outlookOf(atHand, rejects.terms);
    if (outlook.kind !== 'replayable' && outlook.kind !== 'state_decides') continue;
    const { reject } = found[i]!;
    if (!goes(fateOf(atHand, outlook, terms), reject.reason, terms)) continue;
    messages.push(outlook.message);
    rows.push(rowOf(found[i]!, atHand, outlook.internal_task_id, outlook.message.partition!, by));
  }
  return { messages, rows };
}

function rowOf(
  { reject }: FoundReject,
  { record }: RejectAtHand,
  internal_task_id: string,
  to: number,
  by: string,
): ReplayRow {
  const { place, source, reason } = reject;
  return {
    source,
    reject: `${place.topic}/${place.partition}/${place.offset}`,
    reason,
    internal_task_id,
    to,
    replays: replaysOf(record!.headers) + 1,
    replayed_at: Date.now(),
    by,
  };
}

function outcomeUnknown(error: unknown, replayed: number): unknown {
  if (!(error instanceof Fault)) return error;
  const done = `${replayed.toLocaleString('en-US')} records were replayed before`;
  if (error.code === 'fenced') {
    return new CommandFailure(
      `another replay of this group has begun, which ends this one; ${done}`,
      EXIT.failed,
      'wait for the other, or run this one again: what is replayed stays replayed, and nothing twice',
      error,
    );
  }
  return new CommandFailure(
    `${error.message}; ${done}`,
    EXIT.unavailable,
    'run the same command again: it goes on where this one ended, and nothing is replayed twice',
    error,
  );
}
