// `taskfold partitions grow N DIR`: docs/decisions/growing.md says why in this order, and what a crash leaves behind at each step.

import { ask } from '../ask.ts';
import type { CommandContext } from '../command-context.ts';
import { type Outcome, openCureSession } from '../cure-session.ts';
import { openTopicAdmin } from '../topic-admin.ts';
import { cutAndCopy, letGoOn } from './cut.ts';
import { type GrowSession, openGrowSession } from './grow-session.ts';
import { type GrowthFile, readGrowth, writeGrowth } from './growth-file.ts';
import { planGrowth, previewOf, requireSame, requireSound } from './plan-growth.ts';
import { growTopic, moveMark, putSeed } from './put-in-place.ts';
import { headsOf, makeSeed, requireOneFold, type Seed } from './seeds.ts';

export interface GrowOptions {
  readonly yes: boolean;
  readonly dryRun: boolean;
}

export interface GrowAnswer {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly folder: string;
  /** `planned`: a dry run; `done` */
  readonly state: 'planned' | 'done';
  readonly tasks: number;
  /** how long the first partition that was held still stood still, ms; absent: nothing was held */
  readonly held_ms?: number;
  readonly partitions: readonly (Outcome & { readonly tasks: number })[];
}

/** Partitions that are cut, or put in place, side by side. */
const AT_ONCE = 4;

export async function grow(
  context: CommandContext,
  to: number,
  folder: string,
  { yes, dryRun }: GrowOptions,
  onProgress: (text: string) => void,
): Promise<GrowAnswer> {
  const { output, config } = context;
  const names = { topic: config.input_topic, group: config.group };
  const cures = await openCureSession(context);
  const session = await openGrowSession(context);
  const marks = await session.marks();
  const count = await session.log.partitionCount({ fresh: true });
  const begun = await readGrowth(folder);
  if (begun !== null) requireSame(begun, to, names);
  const growth = begun ?? planGrowth(to, { ...names, count, marks });
  const about = { id: growth.id, from: growth.from, to, folder };
  if (growth.done_at !== undefined) {
    output.note(`the growth ${growth.id} came to its end at ${growth.done_at}: nothing to do`);
    return { ...about, state: 'done', tasks: 0, partitions: [] };
  }
  const statuses = await cures.look(all(growth.from));
  if (growth.cuts === undefined) requireSound(statuses);
  const tasks = await tasksOf(session, growth.from);
  for (const line of previewOf(growth, count, tasks, folder)) output.note(line);
  if (begun !== null) output.note(`  goes on with the growth ${growth.id}, begun at ${growth.begun_at}`);
  if (dryRun) return { ...about, state: 'planned', tasks, partitions: [] };
  if (!yes) await ask(output, `grow ${names.topic} from ${growth.from} to ${to} partitions?`);
  if (count < to) await (await openTopicAdmin(context)).grow(names.topic, to, true);
  if (begun === null) await writeGrowth(folder, growth);

  const began = performance.now();
  const cut = growth.cuts === undefined ? await cutAll(session, growth, folder, onProgress) : growth;
  const cuts = cut.cuts!;
  for (const partition of all(to)) await session.holds.take(partition);
  // From here on there is no way back, only on.
  const seeds = await makeSeeds(session, { ...cut, cuts }, folder, onProgress);
  onProgress('giving the topic its partitions');
  await growTopic(session, to);
  // The new ones first: once an old one works, nobody may begin a new one from nothing.
  let done = 0;
  for (const seed of [...seeds.slice(growth.from), ...seeds.slice(0, growth.from)]) {
    await moveMark(session, cut, seed);
    onProgress(`beginning anew: ${++done} of ${to} partitions`);
  }
  done = 0;
  const grown = await openCureSession(context);
  const outcomes = await eachOf(all(to), async (partition) => {
    const before = await grown.lastSeen(partition);
    await putSeed(session, cut, seeds[partition]!);
    await grown.ports.slotStore.requestResume(partition);
    onProgress(`moving tasks: ${++done} of ${to} partitions are in place`);
    return before;
  });
  const held_ms = Math.round(performance.now() - began);
  await writeGrowth(folder, { ...cut, done_at: new Date().toISOString() });
  onProgress('waiting for the owners');
  const partitions = await Promise.all(outcomes.map((before, partition) => grown.outcome(partition, before)));
  return {
    ...about,
    state: 'done',
    tasks: seeds.reduce((sum, seed) => sum + seed.tasks, 0),
    held_ms,
    partitions: partitions.map((outcome, at) => ({ ...outcome, tasks: seeds[at]!.tasks })),
  };
}

/** Where this fails all partitions go on as before. */
async function cutAll(
  session: GrowSession,
  growth: GrowthFile,
  folder: string,
  onProgress: (text: string) => void,
): Promise<GrowthFile> {
  const { id, from, to } = growth;
  const marks = await session.marks();
  try {
    let done = 0;
    const before = await eachOf(all(from), async (partition) => {
      const watermark = await cutAndCopy(session, growth, folder, partition, marks.get(partition));
      onProgress(`copying: ${++done} of ${from} partitions are cut`);
      return watermark;
    });
    requireOneFold((await headsOf(folder, from)).map(({ head }) => head));
    const count = await session.log.partitionCount({ fresh: true });
    const starts = all(to)
      .slice(from)
      .map(async (partition) => (partition < count ? (await session.log.bounds(partition)).start : 0));
    const cut = { ...growth, cuts: [...before, ...(await Promise.all(starts))] };
    await writeGrowth(folder, cut);
    return cut;
  } catch (error) {
    onProgress('letting the partitions go on');
    for (const partition of all(from)) await letGoOn(session, id, partition).catch(() => {});
    throw error;
  }
}

async function makeSeeds(
  session: GrowSession,
  growth: Parameters<typeof makeSeed>[0],
  folder: string,
  onProgress: (text: string) => void,
): Promise<Seed[]> {
  const copies = await headsOf(folder, growth.from);
  const seeds: Seed[] = [];
  for (const partition of all(growth.to)) {
    seeds.push(await makeSeed(growth, folder, copies, session.keysOf(partition), partition));
    onProgress(`sorting tasks: ${seeds.length} of ${growth.to} partitions`);
  }
  return seeds;
}

async function tasksOf({ redis, keysOf }: GrowSession, count: number): Promise<number> {
  const tasks = await Promise.all(all(count).map((partition) => redis.hget(keysOf(partition).fleet, 'tasks')));
  return tasks.reduce((sum, one) => sum + Number(one ?? 0), 0);
}

function all(count: number): number[] {
  return Array.from({ length: count }, (_, partition) => partition);
}

/** Some at once, the answers in order; after an error no further one begins. */
async function eachOf<Answer>(
  partitions: readonly number[],
  work: (partition: number) => Promise<Answer>,
): Promise<Answer[]> {
  const answers = new Map<number, Answer>();
  const waiting = [...partitions];
  const failures: unknown[] = [];
  const worker = async () => {
    while (waiting.length > 0 && failures.length === 0) {
      const partition = waiting.shift()!;
      await work(partition).then(
        (answer) => answers.set(partition, answer),
        (error: unknown) => failures.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (failures.length > 0) throw failures[0];
  return partitions.map((partition) => answers.get(partition)!);
}
