// Loading writer schemas from a registry that is away, denies, or is no registry at all.
import { describe, expect, test } from 'vitest';
import { createRegistryClient } from '../../src/avro/registry-client.ts';
import { schemaText } from '../../src/avro/schema-file.ts';
import { createUpdateDecoder } from '../../src/avro/update-decoder.ts';
import { withWireHead } from '../../src/avro/wire-format.ts';
import { misbehavingRegistry, NOT_FOUND } from './misbehaving-registry.ts';

const OURS: [number, unknown] = [200, { schema: schemaText('task-status.avsc') }];
const SUBJECTS: [number, unknown] = [200, []];

function decoderAt(url: string, unknownSchemaWaitMs = 200) {
  const problems: string[] = [];
  const decoder = createUpdateDecoder({
    registry: createRegistryClient({ url, timeoutMs: 300 }),
    unknownSchemaWaitMs,
    onProblem: (message) => problems.push(message),
  });
  const load = async (...ids: number[]) => Object.fromEntries(await decoder.load(new Set(ids)));
  return { ...decoder, load, problems };
}

async function msOf(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

describe('an id that the registry denies', () => {
  test('is believed only after it was denied for the whole wait, and all ids of a call wait together', async () => {
    const registry = await misbehavingRegistry((path) => (path === '/subjects' ? SUBJECTS : NOT_FOUND));
    const { load, decode } = decoderAt(registry.url, 400);
    const ids = Array.from({ length: 20 }, (_, i) => i + 1);
    const ms = await msOf(async () => {
      expect(Object.values(await load(...ids))).toEqual(ids.map(() => 'denied'));
    });
    expect(ms).toBeGreaterThanOrEqual(400);
    expect(ms).toBeLessThan(1_500);
    for (const id of ids) {
      expect(registry.asked.filter((path) => path === `/schemas/ids/${id}`).length).toBeGreaterThanOrEqual(2);
      expect(decode(withWireHead(id, Buffer.alloc(18)))).toMatchObject({ kind: 'reject', reason: 'unknown_schema' });
    }
  });

  test('is known as soon as it appears during the wait: a registry that follows another is late, not wrong', async () => {
    let asked = 0;
    const registry = await misbehavingRegistry(() => (++asked < 3 ? NOT_FOUND : OURS));
    const { load, decode } = decoderAt(registry.url, 5_000);
    expect(await msOf(async () => expect(await load(7)).toEqual({ 7: 'known' }))).toBeLessThan(2_000);
    expect(decode(withWireHead(7, Buffer.alloc(18))).kind).toBe('update');
  });

  test('is asked for again by a later load, and known once it is registered', async () => {
    let answer = NOT_FOUND;
    const registry = await misbehavingRegistry((path) => (path === '/subjects' ? SUBJECTS : answer));
    const { load } = decoderAt(registry.url, 100);
    expect(await load(7)).toEqual({ 7: 'denied' });
    const before = registry.asked.length;
    expect(await load(7)).toEqual({ 7: 'denied' });
    expect(registry.asked.length).toBe(before);
    answer = OURS;
    await new Promise((later) => setTimeout(later, 1_050));
    expect(await load(7)).toEqual({ 7: 'known' });
  });

  test('is not believed where everything is "not found": that is a wrong address or a proxy, not a verdict', async () => {
    const registry = await misbehavingRegistry(() => [404, '<html>default backend</html>']);
    const { load, problems } = decoderAt(registry.url);
    expect(await load(7)).toEqual({ 7: 'unavailable' });
    expect(problems).toEqual([expect.stringContaining('and no schema registry: ')]);
  });

  test('is not believed when the registry falls silent during the wait', async () => {
    let asked = 0;
    const registry = await misbehavingRegistry(() => (++asked < 3 ? NOT_FOUND : [503, {}]));
    expect(await decoderAt(registry.url, 1_000).load(7)).toEqual({ 7: 'unavailable' });
  });

  test('that no registry can give out is denied without asking', async () => {
    const registry = await misbehavingRegistry(() => [500, {}]);
    const ids = [0, 2 ** 31, 2 ** 32 - 1];
    expect(Object.values(await decoderAt(registry.url).load(...ids))).toEqual(['denied', 'denied', 'denied']);
    expect(registry.asked).toEqual([]);
  });
});

describe('a registry that does not answer', () => {
  test.each<[string, Parameters<typeof misbehavingRegistry>[0], string]>([
    ['hangs', () => 'hang', 'gave no answer within 300 ms'],
    ['stalls in the middle of an answer', () => 'stall', 'gave no answer within 300 ms'],
    ['fails', () => [500, { error_code: 50001, message: 'Error in the backend data store' }], 'backend data store'],
    ['is overloaded', () => [429, {}], 'says status 429'],
    ['wants another password', () => [401, { message: 'Unauthorized' }], 'refuses our user, password or token'],
    ['answers with a page', () => [200, '<html>Welcome</html>'], 'a web page (status 200) and no schema registry'],
  ])('that %s is unavailable in time, and says what is wrong', async (_, behave, message) => {
    const registry = await misbehavingRegistry(behave);
    const { load, problems } = decoderAt(registry.url.replace('//', '//user:hush@'));
    const ms = await msOf(async () => expect(await load(7, 8)).toEqual({ 7: 'unavailable', 8: 'unavailable' }));
    expect(ms).toBeLessThan(1_000);
    expect(problems.join()).toContain(message);
    expect(problems.join()).not.toContain('hush');
  });

  test('that refuses connections is unavailable', async () => {
    const { load, problems } = decoderAt('http://127.0.0.1:1');
    expect(await load(7)).toEqual({ 7: 'unavailable' });
    expect(problems).toEqual([
      'Schema 7 cannot be loaded: the schema registry at 127.0.0.1:1: nothing listens there (ECONNREFUSED); start it, or set SCHEMA_REGISTRY_URL to where it is.',
    ]);
  });

  test('holds back nothing that is known, and is asked again afterwards', async () => {
    let away = false;
    const registry = await misbehavingRegistry(() => (away ? [503, {}] : OURS));
    const { load, decode, problems } = decoderAt(registry.url);
    expect(await load(1)).toEqual({ 1: 'known' });
    away = true;
    expect(await load(1, 2)).toEqual({ 1: 'known', 2: 'unavailable' });
    expect(decode(withWireHead(1, Buffer.alloc(18))).kind).toBe('update');
    expect(await load(2)).toEqual({ 2: 'unavailable' });
    expect(problems).toHaveLength(1);
    away = false;
    expect(await load(2)).toEqual({ 2: 'known' });
  });
});

test('partitions that meet a new id at once make one request, and a known one makes none', async () => {
  const registry = await misbehavingRegistry(() => OURS);
  const { load } = decoderAt(registry.url);
  await Promise.all(Array.from({ length: 50 }, () => load(3, 4)));
  await load(3, 4);
  expect(registry.asked.sort()).toEqual(['/schemas/ids/3', '/schemas/ids/4']);
});

test('user and password of the URL are sent, and not shown', async () => {
  const seen: (string | undefined)[] = [];
  const registry = await misbehavingRegistry((_, request) => {
    seen.push(request.headers.authorization);
    return OURS;
  });
  await decoderAt(registry.url.replace('//', '//us%40er:p%3Aw@')).load(1);
  expect(seen).toEqual([`Basic ${Buffer.from('us@er:p:w').toString('base64')}`]);
});

test('a schema of another kind, or no schema at all, makes its records incompatible', async () => {
  const answers: Record<string, [number, unknown]> = {
    '/schemas/ids/1': [200, { schemaType: 'PROTOBUF', schema: 'syntax = "proto3";' }],
    '/schemas/ids/2': [200, { schema: '{"type":"recor' }],
  };
  const registry = await misbehavingRegistry((path) => answers[path]!);
  const { load, decode } = decoderAt(registry.url);
  expect(await load(1, 2)).toEqual({ 1: 'known', 2: 'known' });
  for (const id of [1, 2]) {
    expect(decode(withWireHead(id, Buffer.alloc(1)))).toMatchObject({ reason: 'incompatible_schema' });
  }
});
