// docs/redis-layout.md says what the code writes: every key, type and field, no more and no less; and its commands answer.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FIGURE_NAMES } from '../../src/domain/roll-up.ts';
import { encodeLive } from '../../src/redis/live-codec.ts';
import { LAYOUT_VERSION, slotKeys } from '../../src/redis/slot-keys.ts';
import { TASK_FIELDS } from '../../src/redis/task-fields.ts';
import { loadSlot } from '../fixtures/slot-dump.ts';
import { FIXTURES, type StateFixture } from '../fixtures/state-fixture.ts';
import { connected } from '../redis/redis-under-test.ts';
import { sharedEnv } from '../support/stack.ts';
import { documentedKeys, matches, namesOf } from './layout-page.ts';

const documented = documentedKeys();
const ofName = (name: string) => documented.find((key) => key.name === name)!;
const fixtures = readdirSync(FIXTURES)
  .filter((file) => file.startsWith(`state-layout-${LAYOUT_VERSION}-`))
  .map((file) => JSON.parse(readFileSync(new URL(file, FIXTURES), 'utf8')) as StateFixture);
const dumped = fixtures.flatMap(({ keys }) => Object.entries(keys));

/** Fields that hold ids are documented in words. */
const FREE = [
  ':task:<id>:io',
  ':task:<id>:long',
  ':task:<id>:ledger',
  ':retired:<generation>:<bucket>',
  ':work_requests:<bucket>',
];

/** A save that broke off, and a growth: test/system shows both. */
const NOT_IN_THE_STORY = ['saving', 'growth.id', 'growth.partition_count', 'grown_from'];

/** The hold is an operator's tool's; the story drifts nowhere. */
const NEVER_IN_THE_STORY = [':hold', ':drifted'];

describe('every key of a written slot', () => {
  test.each(dumped)('%s is documented, with its type and its fields', (name, dump) => {
    const key = documented.find((one) => matches(one.name, name));
    expect(key?.type).toBe(dump.type);
    if (dump.type !== 'hash' || FREE.includes(key!.name)) return;
    const fields = Object.keys(dump.fields);
    // An engine has the fields of a job.
    const known = key!.name === ':engine:<id>' ? ofName(':job:<id>').fields : key!.fields;
    expect(fields.filter((field) => !known.some((one) => matches(one, field)))).toEqual([]);
  });
});

describe('every documented', () => {
  test.each(documented.map(({ name }) => [name]))('key %s is one that is written', (name) => {
    const isWritten = dumped.some(([found]) => matches(name, found)) || NEVER_IN_THE_STORY.includes(name);
    expect(isWritten).toBe(true);
  });

  test.each([
    [':task:<id>', TASK_FIELDS],
    [':job:<id>', FIGURE_NAMES],
    [':live', encodeLive({ owner: '', state: '', log_end: 0, emitted: 0, seen_at: 0 }).filter((_, i) => i % 2 === 0)],
    [':head', null],
    [':fleet', null],
  ])('field of %s is one of the code, and the other way round', (name, ofCode) => {
    const names = ofName(name).fields.flatMap((field) => namesOf(field) ?? []);
    expect(new Set(names).size).toBe(names.length);
    if (ofCode !== null) return expect(names.toSorted()).toEqual(ofCode.toSorted());
    // What has no list in the code: each of its kinds was written at least once.
    const written = dumped
      .filter(([found]) => found === name)
      .flatMap(([, dump]) => Object.keys((dump as { fields: object }).fields));
    const kinds = ofName(name).fields.filter((field) => !NOT_IN_THE_STORY.includes(field));
    expect(kinds.filter((field) => !written.some((one) => matches(field, one)))).toEqual([]);
  });
});

test('every command is answered, by what the code has written', async () => {
  const { client: redis } = await connected(sharedEnv().REDIS_URL);
  const keys = slotKeys('layout-page', 'group', 0);
  const [{ keys: dump }] = fixtures as [StateFixture];
  await loadSlot(redis, keys, dump);
  await redis.set(keys.hold, 'somebody', 'PX', 60_000);
  await redis.zadd(keys.places.drifted, 1, 'somebody');
  for (const { name, command } of documented) {
    const example = NEVER_IN_THE_STORY.includes(name) ? name : Object.keys(dump).find((found) => matches(name, found))!;
    const [verb, ...words] = command.map((word) => (word.startsWith('{tag}') ? keys.tag + example : word));
    const answer = await redis.call(verb!, ...words);
    const size = Array.isArray(answer) ? answer.length : Number(String(answer).length);
    expect([command.join(' '), size > 0 && answer !== null && answer !== 0]).toEqual([command.join(' '), true]);
  }
});
