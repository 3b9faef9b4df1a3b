// The API beside a running processor: its figures are those of the second fold at the very W that each answer names, and it
// says what is away. Redis is asked as a user who may only read.

import { createHash, randomBytes } from 'node:crypto';
import { getPriority } from 'node:os';
import { expect, test } from 'vitest';
import { connectRedis } from '../../src/redis/connect.ts';
import { mastersOf, scanAll } from '../../src/redis/masters.ts';
import { mergedKeys } from '../../src/redis/merged-sums.ts';
import { readOnlyAclRules } from '../../src/redis/read-only-rights.ts';
import type { FleetAnswer, PartitionsAnswer } from '../../src/serve/fleet-documents.ts';
import type { TasksAnswer, UpdatesAnswer } from '../../src/serve/task-documents.ts';
import type { JobsAnswer } from '../../src/web/documents.ts';
import { redisTargetOf } from '../support/clients.ts';
import { type OwnRedis, withOwnRedis } from '../support/own-services.ts';
import type { Environment, TaskfoldProcess } from '../support/taskfold-process.ts';
import { Deployment, until } from './deployment.ts';
import { type EventClient, followEvents } from './event-client.ts';
import { figuresOf, fleetAt } from './plain-fold-at.ts';

const BACK_MS_MAX = 15_000;
/** Other tests may fill the cores: at its everyday place behind everybody the API would get next to nothing of them. */
const NICE = 1;
const CANARY = `canary-${randomBytes(8).toString('hex')}`;

class Api {
  readonly url: string;
  readonly process: TaskfoldProcess;
  readonly #headers: Record<string, string>;

  private constructor(process: TaskfoldProcess, token: string) {
    this.process = process;
    this.url = process.logged('serving')[0]!.url as string;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  static async start(deployment: Deployment, settings: Environment): Promise<Api> {
    const token = randomBytes(16).toString('hex');
    const hash = createHash('sha256').update(token).digest('hex');
    const given = {
      TASKFOLD_LISTEN: '0',
      TASKFOLD_API_TOKENS: hash,
      TASKFOLD_API_REQUESTS_PER_MINUTE: '100000',
      TASKFOLD_API_NICE: String(NICE),
    };
    const process = deployment.start(['serve'], { ...given, ...settings });
    await process.untilLogged('serving');
    return new Api(process, token);
  }

  async ask(path: string): Promise<{ status: number; type: string; body: string }> {
    const answer = await fetch(this.url + path, { headers: this.#headers });
    return { status: answer.status, type: answer.headers.get('content-type') ?? '', body: await answer.text() };
  }

  async get<Answer>(path: string): Promise<Answer> {
    const { status, body } = await this.ask(path);
    if (status !== 200) throw new Error(`${path} answers ${status}: ${body}`);
    return JSON.parse(body) as Answer;
  }

  follow(path: string, headers: Record<string, string> = {}): Promise<EventClient> {
    return followEvents(this.url + path, { ...this.#headers, ...headers });
  }
}

test('the API under load, with a reader’s rights: figures of the second fold, changes, tokens, Redis away and back', async () => {
  const services = await withOwnRedis();
  const deployment = await Deployment.create('serve', services.env);
  const { redis, env } = deployment;
  const [prefix, group] = [env.TASKFOLD_REDIS_PREFIX!, env.TASKFOLD_GROUP!];
  const admitReader = async () => {
    const rules = readOnlyAclRules(prefix, group);
    for (const master of await mastersOf(redis))
      await master.call('ACL', 'SETUSER', 'reader', 'on', '>reads', ...rules);
  };
  await admitReader();
  const processor = deployment.processor();
  const api = await Api.start(deployment, { REDIS_USERNAME: 'reader', REDIS_PASSWORD: 'reads' });
  expect(getPriority(api.process.pid)).toBe(Math.max(NICE, getPriority()));
  const load = deployment.load({ rate: 400, seconds: 240 });
  await deployment.untilAllRun([processor]);
  await deployment.untilFolded(500);

  // Who brings no token is told so, and how to bring one.
  const stranger = await fetch(`${api.url}/api/fleet`);
  expect([stranger.status, stranger.headers.get('content-type')]).toEqual([
    401,
    'application/problem+json; charset=utf-8',
  ]);
  expect((await fetch(`${api.url}/livez`)).status).toBe(200);
  const reader = connectRedis({ ...redisTargetOf(env), username: 'reader', password: 'reads' });
  await reader.ready(5_000);
  const { head } = deployment.keysOf(0);
  await expect(reader.client.hset(head, 'saving', 'x')).rejects.toThrow(/NOPERM/);
  await expect(reader.client.eval("return redis.call('HSET', KEYS[1], 'saving', 'x')", 1, head)).rejects.toThrow();
  reader.close();

  // Each answer is exact at the W that it names.
  const changes = await api.follow('/api/changes');
  const answers: FleetAnswer[] = [];
  for (let n = 0; n < 5; n++) {
    answers.push(await api.get<FleetAnswer>('/api/fleet'));
    await deployment.untilFolded(100);
  }
  const plainly = await fleetAt(deployment);
  for (const { fleet, as_of } of answers) {
    const watermarks = new Map(as_of.partitions.map(({ partition, watermark }) => [partition, watermark!]));
    expect(figuresOf(fleet!)).toEqual(await plainly(watermarks));
    expect([as_of.partitions.length, as_of.halted, as_of.away]).toEqual([deployment.partitions, [], []]);
    expect(as_of.read_at - as_of.complete_until!).toBeLessThan(BACK_MS_MAX);
  }

  // A credential is nowhere.
  const job = { internal_task_id: 'with-a-token', task_action: 'createJobs', create_jobs_action: [{ token: CANARY }] };
  const bad = { ...job, internal_task_id: 'rejected-with-a-token', error_count: -1 };
  const work = { work_request_id: 'w-1', prior_timestamp: 100, timestamp: 110 };
  const lines = [job, bad].map((update) => JSON.stringify({ ...work, ...update })).join('\n');
  await deployment.command(['publish'], {}, lines);
  await until('it is folded', BACK_MS_MAX, async () => (await deployment.reads.readTask('with-a-token')) !== null);
  const seen: string[] = [];
  for (const path of ['/api/tasks/with-a-token', '/api/tasks/with-a-token/updates', '/api/rejects?limit=200']) {
    seen.push((await api.ask(path)).body);
  }
  expect(seen[1]).toContain('"job_creations"');
  expect(seen[2]).toContain('rejected-with-a-token');
  expect(seen[2]).toContain('***');
  seen.push((await api.ask('/metrics')).body, api.process.log, processor.log, JSON.stringify(changes.events));
  for await (const keys of scanAll(redis, `{${prefix}:*`, 1_000)) {
    for (const key of keys) seen.push(String(await redis.dump(key)));
  }
  expect(seen.filter((text) => text.includes(CANARY))).toEqual([]);

  // Changes come while they happen; who was away hears what he missed.
  await until('changes come', BACK_MS_MAX, () => changes.events.filter(({ id }) => id !== undefined).length >= 3);
  // Some looks back, however slow the machine: of much more than a look brings he would hear that it is left out.
  const first = changes.events.filter(({ id }) => id !== undefined).at(-3);
  const heard = new Set(changes.events.filter(({ event }) => event === 'change').map(textOfChange));
  changes.close();
  const again = await api.follow('/api/changes?events=change', { 'last-event-id': first!.id! });
  const missed = [...heard].slice([...heard].indexOf(textOfChange(first!)) + 1);
  expect(missed.length).toBeGreaterThan(0);
  const latest = new Map(missed.map((text) => [text.split(' ')[1]!, text]));
  await until('what was missed has come', BACK_MS_MAX, () => {
    const told = new Set(
      again.events.filter(({ event }) => event === 'change').map(({ data }) => data.internal_task_id),
    );
    return [...latest.keys()].every((id) => told.has(id));
  });
  again.close();

  const brisk = await api.follow('/api/changes?events=fleet');
  await until('the fleet comes every second', BACK_MS_MAX, () => brisk.events.length >= 3);

  if (services.redis.nodes.length > 1) await oneMasterAway(services.redis, admitReader, deployment, api, brisk);

  // Redis away: told as what it is, and over when it is back.
  await services.redis.stop();
  await until('the API says that Redis is away', BACK_MS_MAX, async () => (await api.ask('/readyz')).status === 503);
  const away = await api.ask('/api/fleet');
  expect([away.status, away.type]).toEqual([503, 'application/problem+json; charset=utf-8']);
  expect(JSON.parse(away.body)).toMatchObject({ code: 'service_away', away: 'redis', cure: expect.any(String) });
  await until('the stream says it, too', BACK_MS_MAX, () => brisk.events.some(({ event }) => event === 'away'));
  expect((await api.ask('/livez')).status).toBe(200);
  await services.redis.start();
  await deployment.look();
  await admitReader();
  await until('the API is ready again', BACK_MS_MAX, async () => (await api.ask('/readyz')).status === 200);
  await until('and the stream goes on', BACK_MS_MAX, () => brisk.events.some(({ event }) => event === 'back'));

  await load.stop();
  await deployment.untilCaughtUp(30_000);
  const { first_mismatches, mismatches, tasks } = await deployment.verify();
  expect([first_mismatches, mismatches]).toEqual([[], 0]);
  const { fleet } = await api.get<FleetAnswer>('/api/fleet');
  expect(fleet!.tasks).toBe(tasks);
  await listsAgree(api, fleet!);
  await until('the merged sums are fresh', 5_000, async () => {
    return Number(await redis.hget(mergedKeys(prefix, group).fleet, 'updates.received')) === fleet!.updates.received;
  });
  const { partitions } = await api.get<PartitionsAnswer>('/api/partitions');
  expect(partitions.map(({ condition, lag }) => [condition, lag])).toEqual(partitions.map(() => ['running', 0]));

  const { code, ms } = await api.process.terminate();
  expect([code, ms < 5_000]).toEqual([0, true]);
  await brisk.ended;
  expect(brisk.events.at(-1)).toMatchObject({ event: 'dropped' });
});

/** Of a Cluster one master goes: its partitions are missing by name, the others are folded and read on; until it is back. */
async function oneMasterAway(
  own: OwnRedis,
  admitReader: () => Promise<void>,
  deployment: Deployment,
  api: Api,
  brisk: EventClient,
): Promise<void> {
  const { redis } = deployment;
  for (const master of await mastersOf(redis)) await master.config('SET', 'cluster-require-full-coverage', 'no');
  const [, gone] = own.nodes;
  const unreachable = async () => (await api.get<FleetAnswer>('/api/fleet')).as_of.unreachable;
  expect(await unreachable()).toEqual([]);
  const { tasks } = await api.get<TasksAnswer>('/api/tasks?limit=200');
  await gone!.stop();
  await until('some partitions are out of reach', BACK_MS_MAX, async () => (await unreachable()).length > 0);
  const lost = await unreachable();
  expect(lost.length).toBeLessThan(deployment.partitions);
  expect((await api.ask('/readyz')).status).toBe(200);
  const seen = { fleet: brisk.events.length };
  const before = await api.get<PartitionsAnswer>('/api/partitions');
  expect(before.partitions.flatMap((one) => (one.unreachable ? [one.partition] : []))).toEqual(lost);
  for (const { internal_task_id, source } of tasks.slice(0, 50)) {
    const { status, body } = await api.ask(`/api/tasks/${internal_task_id}`);
    expect(status).toBe(lost.includes(source.partition) ? 503 : 200);
    if (status === 503) expect(body).toContain(`partition ${source.partition} cannot be read`);
  }
  const list = await api.ask('/api/tasks');
  expect([list.status, list.body]).toEqual([
    503,
    expect.stringContaining(`partitions ${lost.join(', ')} cannot be read`),
  ]);
  await until('the other partitions are folded on', BACK_MS_MAX, async () => {
    const { partitions } = await api.get<PartitionsAnswer>('/api/partitions');
    return partitions.every(({ watermark }, i) => lost.includes(i) || watermark! > before.partitions[i]!.watermark!);
  });
  await until('the stream tells the fleet', BACK_MS_MAX, () => brisk.events.length > seen.fleet + 1);
  expect(brisk.events.some(({ event }) => event === 'away')).toBe(false);
  await gone!.start();
  // The master has forgotten its users.
  await deployment.look();
  await admitReader();
  await until('all are in reach again', BACK_MS_MAX, async () => (await unreachable()).length === 0);
}

/** Lists hold what the roll-ups count, each task once, whichever way they are paged through. */
async function listsAgree(api: Api, fleet: NonNullable<FleetAnswer['fleet']>): Promise<void> {
  const pages = async <Answer extends { next_cursor?: string | undefined }>(path: string): Promise<Answer[]> => {
    const answers: Answer[] = [];
    for (let cursor = ''; ; ) {
      const answer = await api.get<Answer>(`${path}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      answers.push(answer);
      if (answer.next_cursor === undefined) return answers;
      cursor = answer.next_cursor;
    }
  };
  const all = async (query: string): Promise<TasksAnswer['tasks']> =>
    (await pages<TasksAnswer>(`/api/tasks?limit=37&${query}`)).flatMap(({ tasks }) => tasks);
  const jobsOf = async (query: string): Promise<JobsAnswer['jobs']> =>
    (await pages<JobsAnswer>(`/api/jobs?limit=20&${query}`)).flatMap(({ jobs }) => jobs);
  const ids = new Set<string>();
  for (const [status, count] of Object.entries(fleet.tasks_by_status)) {
    const newest = await all(`task_status=${status}`);
    expect([status, newest.length]).toEqual([status, count]);
    for (const { internal_task_id } of newest) ids.add(internal_task_id);
    const oldest = await all(`task_status=${status}&order=oldest`);
    expect(oldest.map(({ internal_task_id }) => internal_task_id)).toEqual(
      newest.map(({ internal_task_id }) => internal_task_id).reverse(),
    );
    expect(newest.map(({ status_at }) => status_at)).toEqual(
      newest.map(({ status_at }) => status_at).sort((a, b) => b - a),
    );
  }
  expect(ids.size).toBe(fleet.tasks);
  const some = (await all('task_status=failed'))[0]!;
  const { engine_id, internal_job_id, internal_task_id, work_request_id, source } = some;
  const ofEngine = await all(`engine_id=${engine_id}`);
  const { engine } = await api.get<{ engine: { tasks: number } }>(`/api/engines/${engine_id}`);
  expect(ofEngine.length).toBe(engine.tasks);
  const { job } = await api.get<{ job: { tasks: number } }>(`/api/jobs/${internal_job_id}`);
  expect((await all(`internal_job_id=${internal_job_id}`)).length).toBe(job.tasks);
  const { updates, complete } = await api.get<UpdatesAnswer>(`/api/tasks/${internal_task_id}/updates?limit=1000`);
  expect([complete, updates.at(-1)!.class, updates[0]!.offset]).toEqual([true, 'now', source.first_offset]);
  const { found } = await api.get<{ found: object[] }>(`/api/search?id=${engine_id}`);
  expect(found).toEqual([{ kind: 'engine', id: engine_id, path: `/api/engines/${engine_id}` }]);
  const work = await api.get<{ found: object[] }>(`/api/search?id=${work_request_id}`);
  expect(work.found).toContainEqual(expect.objectContaining({ kind: 'work_request', internal_task_id }));
  for (const order of ['newest', 'oldest']) {
    const updated = await all(`sort=last_update&order=${order}`);
    expect(new Set(updated.map((task) => task.internal_task_id))).toEqual(ids);
    expect(updated.length).toBe(ids.size);
    const minutes = updated.map(({ last_update_at }) => Math.floor(last_update_at / 60_000));
    expect(minutes).toEqual(minutes.toSorted((a, b) => (order === 'newest' ? b - a : a - b)));
  }
  const isOpen = ({ tasks, tasks_by_liveness: { ended = 0 } }: JobsAnswer['jobs'][number]) => ended < tasks;
  const open = (await jobsOf('')).filter(isOpen).map(({ internal_job_id }) => internal_job_id);
  const listed = (await jobsOf('open=true')).map(({ internal_job_id }) => internal_job_id);
  expect(open.length).toBeGreaterThan(0);
  expect(listed.toSorted()).toEqual(open.toSorted());
  expect((await api.ask('/api/tasks?cursor=nonsense')).status).toBe(400);
  expect((await api.ask('/api/tasks?sort=name')).status).toBe(400);
}

function textOfChange({ data }: { data: { kind: string; internal_task_id: string; at: number } }): string {
  return `${data.kind} ${data.internal_task_id} ${data.at}`;
}
