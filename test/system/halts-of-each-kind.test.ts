// A halt of each kind, made on purpose; the command that its message names, run as it stands there, cures it, and what
// verify folds from the log a second time is what Redis and the outgoing topics hold. (halts.test.ts has those under load.)

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { VerifyDocument } from '../../src/cli/verify/verify-document.ts';
import { homeOf } from '../../src/domain/home.ts';
import { LOAD_MARK } from '../../src/pipeline/ports.ts';
import { namedCommands } from '../support/named-commands.ts';
import { sharedEnv } from '../support/stack.ts';
import { idAt } from './bad-records.ts';
import {
  copySlot,
  deleteTopics,
  emptySlot,
  forgetEmitted,
  limitMessages,
  putBackSlot,
  putMark,
  readMark,
  removeHistory,
} from './broken-partitions.ts';
import { Deployment, until } from './deployment.ts';
import { HALT_MS_MAX, halted } from './halted.ts';

const MESSAGE_BYTES = 1_200_000;
/** On a slow machine tasks would fall silent meanwhile, and tell of it where events cannot leave. */
const SETTINGS = { TASKFOLD_SILENCE_AFTER_S: '3600' };

test('the same log: keys edited, history gone, payloads gone, another life of Redis, a lost C; each is cured as it says', async () => {
  const partitions = 9;
  const deployment = await Deployment.create('each-kind', sharedEnv(), { partitions, settings: SETTINGS });
  const { topology } = deployment;
  const [torn, edited, miscounted, behind, payload, otherLife, senseless, jobless, halfLoaded] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8,
  ];
  // What asks for events in two of them cannot leave yet, so it stays pending.
  const outputs = [topology.failures.topic, topology.jobCreations.topic];
  for (const topic of outputs) await limitMessages(deployment, topic, 1);
  await publishTo(deployment, [0, 1, 2, 3, 4, 5, 6, 7, 8], { internal_job_id: 'job' });
  await publishTo(deployment, [payload], { create_jobs_action: [{ base_internal_job_id: 'base' }] });
  let processor = deployment.processor();
  await deployment.untilCaughtUp();
  await processor.kill();

  const folder = await mkdtemp(join(tmpdir(), 'taskfold-halts-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await deployment.json(['snapshot', 'save', folder, String(halfLoaded)]);
  await deployment.redis.hset(deployment.keysOf(halfLoaded).head, 'saving', `${LOAD_MARK}that-was-killed`);
  await deployment.redis.hset(deployment.keysOf(torn).head, 'saving', '17');
  await deployment.redis.hset(deployment.keysOf(edited).task(idOf(deployment, edited)), 'source.last_offset', '1000');
  await deployment.redis.hincrby(deployment.keysOf(miscounted).head, 'received', 1);
  await deployment.redis.del(deployment.keysOf(jobless).rollUp('internal_job_id', 'job'));
  await publishTo(deployment, [edited, miscounted, behind, jobless], {});
  await removeHistory(deployment, behind, 2);
  await removeHistory(deployment, payload, 2);
  const earlierLife = await copySlot(deployment, otherLife);
  await deployment.command(['partitions', 'reset', String(otherLife), '--yes']);
  await putBackSlot(deployment, otherLife, earlierLife);
  // A notice that has the form of one, and says nothing: our own code stumbles over it at every try.
  const { outbox } = deployment.keysOf(senseless);
  const notice = { kind: 'failure', facts: { internal_task_id: 'nobody', failure: 'failed' } };
  await deployment.redis.xadd(outbox, '1-1', 'body', JSON.stringify(notice));
  await limitMessages(deployment, topology.jobCreations.topic, MESSAGE_BYTES);

  processor = deployment.processor({ TASKFOLD_CACHE_TASKS: '0' });
  await halted(deployment, {
    [torn]: 'torn_save',
    [edited]: 'task_offset_ahead',
    [miscounted]: 'conservation_broken',
    [behind]: 'history_gone',
    [payload]: 'payload_gone',
    [otherLife]: 'incarnation_differs',
    [senseless]: 'unexpected',
    [jobless]: 'roll_up_missing',
    [halfLoaded]: 'load_unfinished',
  });
  const list = await deployment.command(['partitions', 'list', '--halted']);
  expect(list.stdout.trim().split('\n')).toHaveLength(1 + partitions);
  expect(list.stdout).toMatch(/^0 +halted .* torn_save .*taskfold partitions rebuild 0\b/m);
  for (const partition of [torn, edited, miscounted, otherLife, jobless]) await cure(deployment, partition, 'rebuild');
  for (const partition of [behind, payload]) await cure(deployment, partition, 'rebuild', '--accept-history-loss');
  await cure(deployment, halfLoaded, 'load', '--replace', folder);
  await deployment.redis.xdel(outbox, '1-1');
  await cure(deployment, senseless, 'resume');
  await exact(deployment);

  // A C that is lost while events are pending: nobody can tell which of them have left.
  await publishTo(deployment, [torn], { task_status: 'failed' });
  await deployment.untilCaughtUp();
  await processor.kill();
  await limitMessages(deployment, topology.failures.topic, MESSAGE_BYTES);
  await forgetEmitted(deployment);
  deployment.processor();
  await halted(deployment, { [torn]: 'emitted_mark_lost' });
  await cure(deployment, torn, 'reset');
  await exact(deployment);
});

test('a topic that was made again, with a shorter log, without Redis, with a longer log: each is cured as it says', async () => {
  const deployment = await Deployment.create('made-again', sharedEnv(), { partitions: 3, settings: SETTINGS });
  const { input, failures, jobCreations, rejects } = deployment.topology;
  const [shorter, emptied, longer] = [0, 1, 2];
  const all = [shorter, emptied, longer];
  await publishTo(deployment, all, { task_status: 'failed' });
  await publishTo(deployment, all, {});
  const processor = deployment.processor();
  await deployment.untilCaughtUp();
  expect((await processor.terminate()).code).toBe(0);

  const mark = await readMark(deployment, emptied);
  await deleteTopics(
    deployment,
    [input, failures, jobCreations, rejects].map(({ topic }) => topic),
  );
  await deployment.json(['topics', 'create']);
  await publishTo(deployment, [longer], {});
  await publishTo(deployment, all, { task_status: 'aborted' });
  await publishTo(deployment, [longer], { retry_count: 2 });
  await emptySlot(deployment, emptied);
  // Somebody puts the offsets back that were saved with the old topic.
  await putMark(deployment, emptied, mark);
  deployment.processor();
  await halted(deployment, {
    [shorter]: 'watermark_above_log_end',
    [emptied]: 'emitted_above_log_end',
    [longer]: 'fingerprint_differs',
  });
  for (const partition of all) await cure(deployment, partition, 'reset');
  await exact(deployment);
});

/** The task that `publishTo` tells of. */
function idOf({ partitions }: Deployment, partition: number): string {
  return idAt(partition, partitions, 'task');
}

/** One update into each of these partitions. */
async function publishTo(deployment: Deployment, partitions: readonly number[], fields: object): Promise<void> {
  const lines = partitions.map((partition) =>
    JSON.stringify({ internal_task_id: idOf(deployment, partition), retry_count: 1, ...fields }),
  );
  const { code, stderr } = await deployment.command(['publish'], {}, lines.join('\n'));
  expect(`${code} ${code === 0 ? '' : stderr}`).toBe('0 ');
}

/** Runs the command that the partition's message names: the first that begins and ends with these words. */
async function cure(
  deployment: Deployment,
  partition: number,
  verb: string,
  ending = String(partition),
  folder = '',
): Promise<void> {
  const said = (await deployment.look()).get(partition)!.halt!.cure;
  const named = namedCommands(said).find((words) => words[1] === verb && words.at(-1) === ending);
  const command = named?.map((word) => (word === 'DIR' ? folder : word));
  expect(command, said).toBeDefined();
  expect(command).toContain(String(partition));
  const { code, stdout, stderr } = await deployment.command([...command!, '--yes']);
  expect(`${command!.join(' ')}: ${code} ${code === 0 ? '' : stderr + stdout}`).toBe(`${command!.join(' ')}: 0 `);
  const end = (await deployment.ends()).get(partition)!;
  await until('cured', HALT_MS_MAX, async () => {
    const { state, watermark = -1 } = (await deployment.look()).get(partition)!;
    return state === 'running' && watermark >= end;
  });
  // The others may still be broken: what is said of this one counts.
  const looked = await deployment.command(['verify', '--json']);
  const { first_mismatches } = JSON.parse(looked.stdout) as VerifyDocument;
  const own = first_mismatches.filter((mismatch) => partitionOf(deployment, mismatch) === partition);
  expect(own, command!.join(' ')).toEqual([]);
}

function partitionOf({ partitions }: Deployment, mismatch: VerifyDocument['first_mismatches'][number]): number {
  const { partition, internal_task_id, source } = mismatch;
  if (source !== undefined) return Number(source.split('/').at(-3));
  return partition ?? homeOf(internal_task_id ?? '', partitions);
}

async function exact(deployment: Deployment) {
  await deployment.untilCaughtUp();
  const document = await deployment.verify();
  expect(document.first_mismatches).toEqual([]);
  expect(document).toMatchObject({ mismatches: 0, unchecked: [], events_pending: 0 });
  return document;
}
