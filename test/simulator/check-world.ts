// Holds a world that has come to rest against a plain fold of its log: state, counts, every event once and in order,
// every re-routed record once in its home.

import { isDeepStrictEqual } from 'node:util';
import { newHead, type SlotPins } from '../../src/domain/head.ts';
import { PartitionFold } from '../../src/domain/partition-fold.ts';
import { ROLL_UP_KINDS } from '../../src/domain/roll-up.ts';
import { PLACES, placesOf } from '../../src/domain/task-places.ts';
import type { TaskError, TaskState } from '../../src/domain/task-state.ts';
import { generationOf, type KnownTask, Tombstone } from '../../src/domain/tombstone.ts';
import { decodeRecords } from '../../src/pipeline/fold-batch.ts';
import type { InputRecord, OutgoingMessage, RecordHeaders, SchemaVerdict } from '../../src/pipeline/ports.ts';
import { headerText, parseSource, SOURCE_HEADER } from '../../src/pipeline/source-header.ts';
import { GROUP } from './controls.ts';
import { LATE_SCHEMA, memoryDecoder, memoryEncoder } from './memory-codec.ts';
import { callNow } from './memory-kafka.ts';
import { keptErrors, noRollUps, writeRollUp } from './memory-slot-store.ts';
import type { World } from './world.ts';

/** What is wrong with the world, in words; empty: nothing. */
export async function wrongs(world: World): Promise<string[]> {
  const found: string[] = [];
  const halted = new Set(world.halts.map(({ partition }) => partition));
  for (let p = 0; p < world.partitions; p++) {
    const slot = world.slots.slot(p);
    if (halted.has(p)) {
      await checkHalted(found, world, p);
      continue;
    }
    if (slot.head === null || slot.watermark === null) {
      found.push(`partition ${p} has no state`);
      continue;
    }
    const lastVisible = world.kafka.visible(p).at(-1)?.offset ?? -1;
    if (slot.watermark <= lastVisible)
      found.push(`partition ${p} is stuck at W ${slot.watermark} of ${lastVisible + 1}`);
    const plain = await plainFold(world, p, slot.head.pins);
    if (!isDeepStrictEqual(slot.tasks, plain.tasks)) found.push(`partition ${p}: tasks differ`);
    const { looks, places } = indexesOf(plain.tasks);
    if (!isDeepStrictEqual(slot.looks, looks)) found.push(`partition ${p}: looks differ`);
    if (!isDeepStrictEqual(slot.places, places)) found.push(`partition ${p}: the places of tasks differ`);
    for (const kind of ROLL_UP_KINDS) {
      if (!isDeepStrictEqual(slot.rollUps[kind], plain.rollUps[kind]))
        found.push(`partition ${p}: roll-ups by ${kind} differ`);
    }
    if (!isDeepStrictEqual(slot.jobTasks, plain.jobTasks)) found.push(`partition ${p}: the tasks of jobs differ`);
    if (world.options.untilRetired && slot.looks.size > 0)
      found.push(`partition ${p}: ${slot.looks.size} tasks stay for ever`);
    for (const id of plain.remembered) {
      if (![...slot.tombstones.values()].some((ids) => ids.has(id)))
        found.push(`partition ${p}: no tombstone of ${id}`);
    }
    if (!isDeepStrictEqual(slot.head, plain.head)) found.push(`partition ${p}: head differs`);
    compareMessages(found, `partition ${p}: events`, sentBy(world, p), plain.messages);
    for (let q = 0; q < world.partitions; q++) {
      const sent = world.kafka.visible(q).filter(({ headers }) => sourceOf(headers)?.partition === p);
      compareMessages(
        found,
        `re-routes ${p} to ${q}`,
        sent as never,
        plain.reroutes.filter(({ partition }) => partition === q),
      );
    }
  }
  if (halted.size === 0) {
    const heads = Array.from({ length: world.partitions }, (_, p) => world.slots.slot(p).head);
    const sum = (name: 'applied' | 'duplicate' | 'stale' | 'rejected') =>
      heads.reduce((total, head) => total + (head?.outcomes[name] ?? 0), 0);
    // Each record ends in one of these, once: a re-routed one that came twice would make it more.
    const ended = sum('applied') + sum('duplicate') + sum('stale') + sum('rejected');
    if (ended !== world.published) found.push(`${world.published} published, ${ended} ended`);
  }
  return found;
}

/** A halted partition may be behind, but what it has sent is still each event once, in order, none left out below C. */
async function checkHalted(found: string[], world: World, partition: number): Promise<void> {
  const mark = world.kafka.emitted(partition);
  if (mark === null) return;
  const below = (messages: readonly OutgoingMessage[]) =>
    messages.filter(({ headers }) => sourceOf(headers as RecordHeaders)!.offset < mark.offset);
  const plain = await plainFold(world, partition, mark.pins);
  compareMessages(found, `halted partition ${partition}: events`, sentBy(world, partition), below(plain.messages));
}

/** From the tasks as they are, whatever changes made them so. */
function indexesOf(tasks: ReadonlyMap<string, { task: TaskState }>) {
  const looks = new Map<string, number>();
  const places = new Map<string, Map<string, number>>();
  const put = (name: string, id: string, score: number | undefined) => {
    if (score !== undefined) places.set(name, (places.get(name) ?? new Map()).set(id, score));
  };
  for (const [id, { task }] of tasks) {
    looks.set(id, task.look_at);
    const now = placesOf(task);
    for (const place of PLACES) put(place, id, now[place]);
    if (now.engine_id !== undefined) put(`engine ${now.engine_id}`, id, now.by_status);
  }
  return { looks, places };
}

function sentBy(world: World, partition: number): OutgoingMessage[] {
  return world.kafka.outgoing.filter(({ headers }) => sourceOf(headers as RecordHeaders)?.partition === partition);
}

function sourceOf(headers: RecordHeaders) {
  return parseSource(headerText(headers, SOURCE_HEADER) ?? '');
}

function compareMessages(
  found: string[],
  what: string,
  got: readonly OutgoingMessage[],
  want: readonly OutgoingMessage[],
) {
  const text = ({ key, value, headers }: OutgoingMessage) =>
    `${headerText(headers as RecordHeaders, SOURCE_HEADER)} ${key} ${value}`;
  const gotTexts = got.map(text);
  const wantTexts = want.map(text);
  if (isDeepStrictEqual(gotTexts, wantTexts)) return;
  const repeated = gotTexts.length - new Set(gotTexts).size;
  const missing = wantTexts.filter((one) => !gotTexts.includes(one));
  const extra = gotTexts.filter((one) => !wantTexts.includes(one));
  found.push(
    `${what}: ${repeated} repeated, ${missing.length} missing, ${extra.length} not expected, or the order differs`,
  );
}

/** The fold over the whole visible log in one go, without cache, batches or protocol. */
async function plainFold(world: World, partition: number, pins: SlotPins) {
  const tasks = new Map<string, KnownTask>();
  const shares = { rollUps: noRollUps(), jobTasks: new Map<string, Set<string>>() };
  const stored = new Map<string, { task: TaskState; errors: TaskError[]; task_output: string | undefined }>();
  const head = newHead(pins);
  const fold = new PartitionFold(
    partition,
    head,
    (id) => tasks.get(id) ?? null,
    (kind, id) => shares.rollUps[kind].get(id) ?? null,
  );
  const decoder = memoryDecoder({ away: false, knowsLate: true }, callNow);
  await decoder.load(new Set([LATE_SCHEMA]));
  const verdicts = new Map<number, SchemaVerdict>();
  for (const verdict of world.kafka.verdicts)
    if (verdict.partition === partition && verdict.incarnation === pins.incarnation)
      verdicts.set(verdict.offset, verdict);
  const context = { ports: { decoder }, settings: { topic: world.kafka.topic, group: GROUP } } as never;
  const encoder = memoryEncoder(world.kafka.topic);
  const messages: OutgoingMessage[] = [];
  const reroutes: OutgoingMessage[] = [];
  for (const record of world.kafka.visible(partition) as InputRecord[]) {
    const [input] = decodeRecords(context, partition, { head, verdicts } as never, [record]);
    for (const notice of fold.fold(input!)) {
      const update = input!.decoded.kind === 'update' ? input!.decoded.update : null;
      (notice.body.kind === 'reroute' ? reroutes : messages).push(encoder.encode(partition, notice, record, update));
    }
    for (const change of fold.takeRollUps()) writeRollUp(shares, change);
    for (const [id, generation] of fold.takeTombstones()) tasks.set(id, new Tombstone(generation));
    for (const { task, errors, task_output, retired, begins_anew } of fold.takeChanges()) {
      if (retired || begins_anew) stored.delete(task.internal_task_id);
      if (retired) continue;
      tasks.set(task.internal_task_id, task);
      const before = stored.get(task.internal_task_id);
      stored.set(task.internal_task_id, {
        task,
        errors: keptErrors(before?.errors ?? [], errors, head.settings.errors_kept),
        task_output: task_output ?? before?.task_output,
      });
    }
  }
  const oldest = generationOf(head) - 1;
  const remembered = [...tasks].filter(([, task]) => task instanceof Tombstone && task.generation >= oldest);
  return { tasks: stored, ...shares, head, messages, reroutes, remembered: remembered.map(([id]) => id) };
}
