// The stream of changes: while anybody listens, one look at the partitions that moved every half second, shared by all. A
// position is a moment of log time of each partition, so a client can come back to any server.

import type { ChangeOfTask, Reads } from '../read/reads.ts';
import type { TaskChangeSeen, Told } from '../read/task-changes.ts';
import type { Change } from './change-documents.ts';
import { rowOf } from './task-documents.ts';

const LOOK_EVERY_MS = 500;
/** Log time may step back a little; changes of this last stretch are looked at again, and told once. ms */
const OVERLAP_MS = 5_000;

/** By partition: all changes before this moment of log time, ms, were told. */
export type Position = ReadonlyMap<number, number>;

/** A change, and its JSON, made once for all who hear of it. */
export interface ToldChange {
  readonly change: Change;
  readonly text: string;
}

export interface Changes {
  readonly changes: readonly ToldChange[];
  /** some were left out */
  readonly isWhole: boolean;
  readonly position: Position;
}

export class ChangeFeed {
  readonly #reads: Reads;
  readonly #listeners = new Set<(changes: Changes) => void>();
  /** W of each partition at the last look */
  readonly #watermarks = new Map<number, number>();
  /** what was told of the last stretch: a change by its text → its log time */
  readonly #told = new Map<string, number>();
  #position = new Map<number, number>();
  #timer: NodeJS.Timeout | undefined;
  #looking = false;

  constructor(reads: Reads) {
    this.#reads = reads;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns how to hear no more */
  listen(listener: (changes: Changes) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#look(), LOOK_EVERY_MS);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      this.stop();
      // Nobody knows what happens until somebody listens again: it begins anew then.
      this.#position = new Map();
      this.#watermarks.clear();
      this.#told.clear();
    };
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** What has changed since a position, for one who comes back; what log time stepped back to may come twice. @throws Fault */
  async since(position: Position): Promise<Changes> {
    const now = await this.#reads.readPositions();
    const from = [...now].map(([partition, { log_time }]) => {
      return [partition, { until: position.get(partition) ?? log_time, overlap_ms: OVERLAP_MS }] as const;
    });
    const { changes, isWhole } = await this.#reads.readChanges(new Map(from));
    return {
      changes: changes.map(toldChange),
      isWhole,
      // What cannot be read now is told when it can be.
      position: new Map([...position, ...[...now].map(([p, { log_time }]) => [p, log_time] as const)]),
    };
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const now = await this.#reads.readPositions();
      const from = new Map<number, Told>();
      for (const [partition, { watermark }] of now) {
        const known = this.#position.get(partition);
        if (known !== undefined && this.#watermarks.get(partition) !== watermark) {
          from.set(partition, { until: known, overlap_ms: OVERLAP_MS });
        }
      }
      const seen = new Map<string, number>();
      const { changes, isWhole } = await this.#reads.readChanges(from, (change) => this.#isFresh(change, seen));
      // Not before: where the reading fails, the next look begins where this one did.
      for (const [partition, { watermark, log_time }] of now) {
        this.#watermarks.set(partition, watermark);
        this.#position.set(partition, Math.max(log_time, this.#position.get(partition) ?? 0));
      }
      for (const [text, at] of seen) this.#told.set(text, at);
      const oldest = Math.min(...this.#position.values()) - 2 * OVERLAP_MS;
      for (const [text, at] of this.#told) if (at < oldest) this.#told.delete(text);
      if (changes.length === 0 && isWhole) return;
      const told = { changes: changes.map(toldChange), isWhole, position: new Map(this.#position) };
      for (const listener of this.#listeners) listener(told);
    } catch {
      // Redis is away: the fleet's watch tells it, and the next look goes on from here.
    } finally {
      this.#looking = false;
    }
  }

  #isFresh({ kind, at, task_status, internal_task_id }: TaskChangeSeen, seen: Map<string, number>): boolean {
    const text = `${kind} ${at} ${task_status} ${internal_task_id}`;
    if (this.#told.has(text)) return false;
    seen.set(text, at);
    return true;
  }
}

function toldChange({ kind, at, partition, internal_task_id, task }: ChangeOfTask): ToldChange {
  const change = { kind, at, partition, internal_task_id, task: rowOf(task) };
  return { change, text: JSON.stringify(change) };
}

export function positionText(position: Position): string {
  return [...position].map(([partition, at]) => `${partition}.${at.toString(36)}`).join('~');
}

/** null: no stream of ours has given it. */
export function positionOf(text: string): Position | null {
  const pairs = text.split('~').map((pair) => /^(\d{1,6})\.([0-9a-z]{1,10})$/.exec(pair));
  if (pairs.includes(null)) return null;
  return new Map(pairs.map((pair) => [Number(pair![1]), Number.parseInt(pair![2]!, 36)]));
}
