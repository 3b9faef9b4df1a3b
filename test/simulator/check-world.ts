// Holds a world that has come to rest against a plain fold of its log: state, counts, every event once and in order,
// every re-routed record once in its home.

import { isDeepStrictEqual } from 'node:util';
import { ROLL_UP_KINDS } from '../../src/domain/roll-up.ts';
import { PLACES, placesOf } from '../../src/domain/task-places.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import type { OutgoingMessage, RecordHeaders } from '../../src/pipeline/ports.ts';
import { headerText, parseSource, SOURCE_HEADER } from '../../src/pipeline/source-header.ts';
import { workRequestsOfAll } from './memory-indexes.ts';
import { plainFold, remembered } from './plain-world.ts';
import type { World } from './world.ts';

/** What is wrong with the world, in words; empty: nothing. */
export async function wrongs(world: World): Promise<string[]> {
  const found: string[] = [];
  if (world.options.grows && !world.growth?.done) return ['the growth does not come to its end'];
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
    const plain = await plainFold(world, p, slot.head, slot.head.pins);
    if (!isDeepStrictEqual(slot.tasks, plain.tasks)) found.push(`partition ${p}: tasks differ`);
    const { looks, places, workRequests } = indexesOf(plain.tasks);
    if (!isDeepStrictEqual(slot.looks, looks)) found.push(`partition ${p}: looks differ`);
    if (!isDeepStrictEqual(slot.places, places)) found.push(`partition ${p}: the places of tasks differ`);
    if (!isDeepStrictEqual(slot.workRequests, workRequests)) found.push(`partition ${p}: the work requests differ`);
    for (const kind of ROLL_UP_KINDS) {
      if (!isDeepStrictEqual(slot.rollUps[kind], plain.rollUps[kind]))
        found.push(`partition ${p}: roll-ups by ${kind} differ`);
    }
    if (!isDeepStrictEqual(slot.jobTasks, plain.jobTasks)) found.push(`partition ${p}: the tasks of jobs differ`);
    if (world.options.untilRetired && slot.looks.size > 0)
      found.push(`partition ${p}: ${slot.looks.size} tasks stay for ever`);
    for (const id of remembered(plain)) {
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
  const plain = await plainFold(world, partition, world.slots.slot(partition).head, mark.pins);
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
  return { looks, places, workRequests: workRequestsOfAll([...tasks.values()].map(({ task }) => task)) };
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
