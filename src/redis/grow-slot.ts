// Makes what a slot holds after a growth of the input topic, out of copies of the slots of before: raw keys in, raw keys out. It
// reads each copy twice, first to count and then to write, so that memory holds the shares of one slot and no tasks.

import { canMove, GrownSlot, type Growth, generationAfter } from '../domain/growth.ts';
import { ROLL_UP_KINDS } from '../domain/roll-up.ts';
import type { TaskChange, TaskState } from '../domain/task-state.ts';
import { workRequestsOf } from '../domain/work-requests.ts';
import type { RecordFingerprint } from '../pipeline/ports.ts';
import type { SlotPiece } from './copy-slot.ts';
import { encodeFingerprint, encodeFleet, encodeGrownHead } from './head-codec.ts';
import { writeIndexes } from './index-writes.ts';
import { decodeRollUp, writeRollUps } from './roll-ups.ts';
import { decodeId, type SlotKeys } from './slot-keys.ts';
import type { SlotWrites } from './slot-writes.ts';
import { decodeTask } from './task-codec.ts';
import { writeChange } from './task-writes.ts';
import { collected } from './written-pieces.ts';

/** Tasks or shares of one step. */
const STEP = 250;

export interface SlotToGrow {
  readonly growth: Growth;
  readonly partition: number;
  readonly keys: SlotKeys;
  /** of the last record below the cut, where the partition was there before */
  readonly fingerprint: RecordFingerprint | null;
  /** the copy of a slot of before, from its beginning, as copySlot gives it */
  copyOf(from: number): AsyncIterable<SlotPiece>;
}

/** The pieces of the slot, the head and the fleet first. @throws Fault torn_save where a copy is damaged, and what `copyOf` throws */
export async function* growSlot({
  growth,
  partition,
  keys,
  fingerprint,
  copyOf,
}: SlotToGrow): AsyncGenerator<SlotPiece[]> {
  const { heads, partition_count, cuts } = growth;
  const sources = [...heads.keys()].filter((from) => canMove(from, partition, heads.length, partition_count));
  const slot = new GrownSlot(growth, partition);
  for (const from of sources) {
    for await (const part of partsOf(copyOf(from))) {
      if (part.kind === 'task') slot.take(decode(part), from);
      else if (part.kind === 'share') slot.takeShare(...shareOf(part.piece));
    }
    slot.endPartition();
  }
  const head = ['watermark', String(cuts[partition]), ...encodeGrownHead(slot.head)];
  if (fingerprint !== null) head.push(...encodeFingerprint(fingerprint));
  yield [
    { key: 'head', type: 'hash', values: head },
    { key: 'fleet', type: 'hash', values: encodeFleet(slot.head.fleet) },
  ];

  let step = collected(keys);
  let tasks = 0;
  for (const from of sources) {
    for await (const part of partsOf(copyOf(from))) {
      if (part.kind === 'task' && slot.isHome(part.id)) {
        const task = decode(part);
        slot.place(task, from);
        writeChange(step.writes, keys, wholeOf(task), growth.cuts[partition]!, 0);
        step.pieces.push(...part.pieces.filter(({ key }) => key.endsWith(':errors') || key.endsWith(':output')));
        index(step.writes, keys, task);
        if (++tasks % STEP === 0) {
          yield step.pieces;
          step = collected(keys);
        }
      } else if (part.kind === 'tombstones') {
        const [, generation, bucket] = part.piece.key.split(':');
        const now = generationAfter(growth, from, Number(generation));
        if (now !== null) yield [{ ...part.piece, key: `retired:${now}:${bucket}` }];
      }
    }
  }
  for (const kind of ROLL_UP_KINDS) {
    const shares = [...slot.rollUps[kind].values()];
    for (let at = 0; at < shares.length; at += STEP) {
      const begun = shares.slice(at, at + STEP);
      writeRollUps(
        step.writes,
        keys,
        begun.map((rollUp) => ({ kind, id: rollUp.id, before: null, rollUp, members: null })),
      );
      yield step.pieces;
      step = collected(keys);
    }
  }
  yield step.pieces;
}

type Part =
  | { readonly kind: 'task'; readonly id: string; readonly pieces: SlotPiece[] }
  | { readonly kind: 'share' | 'tombstones'; readonly piece: SlotPiece };

/** The keys of a task follow each other; what is made anew, as the indexes are, is left out. */
async function* partsOf(copy: AsyncIterable<SlotPiece>): AsyncGenerator<Part> {
  let task: Extract<Part, { kind: 'task' }> | null = null;
  for await (const piece of copy) {
    const [family, name, part] = piece.key.split(':');
    const id = family === 'task' ? decodeId(name!) : null;
    if (task !== null && id === task.id) {
      task.pieces.push(piece);
      continue;
    }
    if (task !== null) yield task;
    task = id === null ? null : { kind: 'task', id, pieces: [piece] };
    if (family === 'retired') yield { kind: 'tombstones', piece };
    else if ((family === 'job' || family === 'engine') && part === undefined) yield { kind: 'share', piece };
  }
  if (task !== null) yield task;
}

function decode({ id, pieces }: Extract<Part, { kind: 'task' }>): TaskState {
  const key = pieces[0]!.key.split(':', 2).join(':');
  const of = (suffix: string) => pieces.find((piece) => piece.key === key + suffix)?.values ?? [];
  const stored = { fields: of(''), io: of(':io'), long: of(':long'), ledger: of(':ledger') };
  // Without its own hash, which comes first, it is none of the parts.
  return decodeTask(key, id, stored)!;
}

function shareOf({ key, values }: SlotPiece) {
  const [family, name] = key.split(':');
  const kind = family === 'job' ? 'internal_job_id' : 'engine_id';
  return [kind, decodeRollUp(key, decodeId(name!), values)!] as const;
}

function wholeOf(task: TaskState): TaskChange {
  return {
    task,
    errors: [],
    ios: new Set(),
    reporters: new Set(),
    base_changed: false,
    work_requests: new Map([...workRequestsOf(task)].map((one) => [one, true])),
    look_changed: true,
    before: null,
    places_before: null,
    retired: false,
    begins_anew: false,
  };
}

function index(writes: SlotWrites, keys: SlotKeys, task: TaskState): void {
  writeIndexes(writes, keys, [wholeOf(task)]);
  if (task.internal_job_id !== undefined)
    writes.zadd(keys.jobTasks(task.internal_job_id), ['0', task.internal_task_id]);
}
