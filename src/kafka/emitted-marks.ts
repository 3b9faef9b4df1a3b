// C in Kafka: the committed offset of an input partition in a group without members, with a JSON text beside it. The
// group is apart from the members' one because clients overwrite that one's offsets on their own.

import { setTimeout as sleep } from 'node:timers/promises';
import { away, Fault } from '../pipeline/errors.ts';
import type { EmittedMark, RecordFingerprint } from '../pipeline/ports.ts';
import { type ClusterLink, send } from './cluster-link.ts';
import { type CommittedOffset, offsetFetchRequest } from './offset-fetch-request.ts';

/** ms a coordinator may take to end a transaction, or to move, before reading C gives up */
const READ_MS_MAX = 15_000;
const PAUSE_MS = 20;
// The coordinator is loading, unknown, another one; the offset is part of a transaction that is being ended.
const COME_BACK_CODES = new Set([14, 15, 16, 88]);

export type MarkBeside = Pick<EmittedMark, 'pins' | 'fingerprint' | 'growing'>;

/** What is committed beside the offset. */
export function encodeMark({ pins, fingerprint, growing }: EmittedMark): string {
  const beside: MarkBeside = {
    pins,
    ...(fingerprint === undefined ? {} : { fingerprint }),
    ...(growing === undefined ? {} : { growing }),
  };
  return JSON.stringify(beside);
}

export class EmittedMarks {
  readonly #link: ClusterLink;
  readonly #group: string;

  /** `link` leads to the input topic. */
  constructor(link: ClusterLink, group: string) {
    this.#link = link;
    this.#group = group;
  }

  /** C of one partition, after all its transactions that a fence has ended; null: none is committed. */
  async read(partition: number): Promise<EmittedMark | null> {
    const [found] = await this.#fetch([partition], true);
    return found === undefined ? null : this.#parse(found);
  }

  /** C of all partitions that have one, as of now: those that are being moved read as before. */
  async readAll(): Promise<ReadonlyMap<number, EmittedMark>> {
    const partitions = [...Array(await this.#link.partitionCount()).keys()];
    const marks = new Map<number, EmittedMark>();
    for (const found of await this.#fetch(partitions, false)) {
      const mark = this.#parse(found);
      if (mark !== null) marks.set(found.partition, mark);
    }
    return marks;
  }

  async #fetch(partitions: readonly number[], requireStable: boolean): Promise<readonly CommittedOffset[]> {
    const group = this.#group;
    const what = `reading the offsets of ${group}`;
    const until = Date.now() + READ_MS_MAX;
    for (;;) {
      const answer = await this.#link.use(what, async (cluster) => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group });
        return send(coordinator, offsetFetchRequest(group, this.#link.topic, partitions, requireStable));
      });
      const code = [answer.errorCode, ...answer.partitions.map((p) => p.errorCode)].find((c) => c !== 0);
      if (code === undefined) return answer.partitions;
      if (!COME_BACK_CODES.has(code) || Date.now() > until) {
        throw away('kafka', `${what}: the broker answers with error ${code}`);
      }
      await sleep(PAUSE_MS);
    }
  }

  #parse({ partition, offset, metadata }: CommittedOffset): EmittedMark | null {
    if (offset === null) return null;
    const beside = decodeMark(metadata);
    if (beside === null) {
      throw new Fault(
        'emitted_mark_lost',
        `group ${this.#group} holds offset ${offset} of partition ${partition} without what Taskfold commits beside it: was it reset by a tool?`,
      );
    }
    return { offset, ...beside };
  }
}

/** What `encodeMark` has made, by this version or an earlier one; null: it is something else. */
export function decodeMark(text: string): MarkBeside | null {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(read) || !isObject(read.pins)) return null;
  const { pins, fingerprint } = read;
  const whole =
    isCount(pins.origin) &&
    typeof pins.incarnation === 'string' &&
    isCount(pins.partition_count) &&
    isCount(pins.fold_version) &&
    isObject(pins.settings) &&
    (fingerprint === undefined || isFingerprint(fingerprint));
  return whole ? (read as unknown as MarkBeside) : null;
}

function isFingerprint(value: unknown): value is RecordFingerprint {
  if (!isObject(value)) return false;
  const { offset, timestamp, scope, crc } = value;
  return isCount(offset) && Number.isSafeInteger(timestamp) && (scope === 'value' || scope === 'key') && isCount(crc);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
