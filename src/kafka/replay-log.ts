// Which rejected records were replayed: one topic of one partition, kept for ever, a row for each, written in the
// transaction that puts the record back into the input. So it tells exactly which are there, after whatever crash.

import type { OutgoingMessage } from '../pipeline/ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { TransactionScan } from './transaction-scan.ts';

/** What makes a rejected record that one: where it lay in the input, and its log time there, ms. */
export interface RejectedPlace {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly log_time: number;
}

/** One replay, as it is told: no bytes, and nothing of the record's content but its task. */
export interface ReplayRow {
  readonly source: RejectedPlace;
  /** where the reject lies: `<rejects topic>/<partition>/<offset>` */
  readonly reject: string;
  readonly reason: string;
  readonly internal_task_id: string;
  /** the partition of the input that it was put into */
  readonly to: number;
  /** how often the record has been replayed by now */
  readonly replays: number;
  /** wall clock, UTC epoch milliseconds */
  readonly replayed_at: number;
  /** who did it: user and host of the command */
  readonly by: string;
}

/** The message that records a replay. */
export function replayMessage(topic: string, row: ReplayRow): OutgoingMessage {
  const { partition, offset } = row.source;
  return {
    topic,
    partition: 0,
    key: Buffer.from(`${partition}/${offset}`),
    value: Buffer.from(JSON.stringify(row)),
    headers: {},
  };
}

/** All committed rows, read once and then on from where reading stopped. */
export class ReplayLog {
  readonly #scan: TransactionScan<ReplayRow>;
  /** identity → when it was replayed last, ms */
  readonly #replayed = new Map<string, number>();

  constructor(link: ClusterLink) {
    this.#scan = new TransactionScan(
      link,
      ({ value }) => parseRow(value),
      (row) => this.#replayed.set(identityOf(row.source), row.replayed_at),
    );
  }

  /** Reads on. Behind a fence of the replay's transactional id it then knows all that was ever replayed. */
  advance(): Promise<void> {
    return this.#scan.advance();
  }

  /** When the record was replayed, UTC epoch ms; undefined: never. */
  replayedAt(source: RejectedPlace): number | undefined {
    return this.#replayed.get(identityOf(source));
  }
}

/** The log time is part of it: a topic that was made again has other records in the same places. */
export function identityOf({ topic, partition, offset, log_time }: RejectedPlace): string {
  return `${topic}/${partition}/${offset}/${log_time}`;
}

function parseRow(value: Buffer | null): ReplayRow | null {
  if (value === null) return null;
  try {
    const row = JSON.parse(value.toString('utf8')) as ReplayRow;
    const { topic, partition, offset, log_time } = row.source;
    const whole = [partition, offset, log_time, row.replayed_at].every((n) => Number.isSafeInteger(n));
    return whole && typeof topic === 'string' ? row : null;
  } catch {
    return null;
  }
}
