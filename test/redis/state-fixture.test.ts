// State that an earlier version has written stays readable for ever: every fixture is put into a real Redis and read by the
// present code. What the present code writes is what its own fixture says.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FOLD_VERSION } from '../../src/domain/fold-settings.ts';
import { generationOf, Tombstone } from '../../src/domain/tombstone.ts';
import { decodeMark } from '../../src/kafka/emitted-marks.ts';
import { LAYOUT_VERSION } from '../../src/redis/slot-keys.ts';
import { dumpSlot, loadSlot } from '../fixtures/slot-dump.ts';
import { SlotFolder } from '../fixtures/slot-folder.ts';
import { FIXTURES, fixtureName, makeFixture, readAll, type StateFixture, stateAt } from '../fixtures/state-fixture.ts';
import { SEQUEL, STORY, STORY_NAMES, STORY_TOKEN, storyPins } from '../fixtures/state-story.ts';
import { ownName, sharedEnv } from '../support/stack.ts';
import { connected } from './redis-under-test.ts';

const files = readdirSync(FIXTURES).filter((name) => /^state-.*\.json$/.test(name));
const fixtureIn = (name: string) => JSON.parse(readFileSync(new URL(name, FIXTURES), 'utf8')) as StateFixture;

async function loaded(fixture: StateFixture) {
  const { client } = await connected(sharedEnv().REDIS_URL);
  const state = stateAt(client, ownName('fixture'));
  await loadSlot(client, state.keys, fixture.keys);
  return { client, ...state };
}

describe.each(files)('%s', (name) => {
  const fixture = fixtureIn(name);
  const pins = storyPins(fixture.fold_version);

  test('is whole, and holds one of each kind of key, and no credential', () => {
    expect(name).toBe(fixtureName(fixture.layout, fixture.fold_version));
    const kinds = Object.keys(fixture.keys).map((key) =>
      key.replace(/^:(task|job|engine|retired|work_requests):[^:]*(:\d+)?/, ':$1:'),
    );
    const expected = [
      ...[':head', ':fleet', ':live', ':looks', ':silent', ':outbox', ':jobs', ':open_jobs', ':engines'],
      ...[':by_status', ':by_reason', ':by_last_update', ':stalled', ':engine::tasks'],
      ...[':job:', ':job::tasks', ':engine:', ':retired:', ':work_requests:'],
      ...[':task:', ':task::io', ':task::long', ':task::ledger', ':task::errors', ':task::output'],
    ];
    expect([...new Set(kinds)].sort()).toEqual(expected.sort());
    expect(JSON.stringify(fixture)).not.toContain(STORY_TOKEN);
  });

  test('says to the reads of today what it said to those of its version', async () => {
    const { reads } = await loaded(fixture);
    // A later version may tell more; what was told stays as it was.
    expect(await readAll(reads)).toMatchObject(fixture.reads);
  });

  test('is claimed by a processor of today with everything that the fold goes on with', async () => {
    const { store } = await loaded(fixture);
    const { head, watermark, saving, fingerprint } = await store.claim(0, 'today');
    expect([watermark, saving, fingerprint?.offset]).toEqual([fixture.watermark, null, fixture.watermark - 1]);
    expect(head?.pins).toEqual(pins);
    expect(head?.settings).toEqual({
      ...pins.settings,
      errors_kept: 2,
      stalled_after_s: 6,
      tombstones_kept_s: 30,
    });
    expect(head?.changes.map(({ change }) => change)).toEqual(['first', 'second']);
    const ids = fixture.reads.tasks.map(({ internal_task_id }) => internal_task_id);
    const { tasks } = await store.readTasks(0, ids, null);
    expect(tasks.map((task) => task !== null && !(task instanceof Tombstone) && task.internal_task_id)).toEqual(ids);
    const { looks } = await store.readLooks(0, Number.POSITIVE_INFINITY, 100);
    expect(looks.map(({ internal_task_id }) => internal_task_id).sort()).toEqual(ids.sort());
    const retired = STORY.map(({ key }) => String(key)).find((id) => id.startsWith('done-'))!;
    expect((await store.readTasks(0, [retired], generationOf(head!))).tasks[0]).toBeInstanceOf(Tombstone);
    const { notices, more } = await store.readNotices(0, 0, 100);
    expect([notices.length, more]).toEqual([
      (fixture.reads.partition as { outbox_length: number }).outbox_length,
      false,
    ]);
    expect(new Set(notices.map(({ body }) => body.kind))).toEqual(
      new Set(['failure', 'job_creation', 'reject', 'reroute']),
    );
  });

  test('what lies beside C is read', () => {
    const mark = decodeMark(fixture.emitted_mark);
    expect(mark?.pins).toEqual(pins);
    expect(mark?.fingerprint).toEqual({ offset: 6, timestamp: 1_700_000_000_001, scope: 'value', crc: 4_277_009_102 });
  });

  test('a fold that goes on from it comes to what the whole log comes to, or refuses as of another version', async () => {
    const { client, store, reads, keys } = await loaded(fixture);
    // The pipeline refuses another fold version before anything is read (test/system/fold-version.test.ts).
    if (fixture.fold_version !== FOLD_VERSION) return expect(fixture.fold_version).toBeLessThan(FOLD_VERSION);
    await (await SlotFolder.open(store, STORY_NAMES, pins)).fold(SEQUEL);
    const whole = stateAt(client, ownName('fixture-whole'));
    const folder = await SlotFolder.open(whole.store, STORY_NAMES, pins);
    await folder.fold([...STORY, ...SEQUEL]);
    const left = await dumpSlot(client, keys);
    const right = await dumpSlot(client, whole.keys);
    // Pending notices are texts of JSON, in which the order of names says nothing.
    for (const dump of [left, right]) for (const key of [':live', ':outbox']) delete dump[key];
    expect(left).toEqual(right);
    expect(await store.readNotices(0, 0, 1_000)).toEqual(await whole.store.readNotices(0, 0, 1_000));
    expect((await readAll(reads)).tasks).toEqual((await readAll(whole.reads)).tasks);
  });
});

test('the present code writes its own fixture (cure: see docs/decisions/redis-keys.md, "Fixtures")', async () => {
  const { client } = await connected(sharedEnv().REDIS_URL);
  const made = await makeFixture(client, ownName('fixture-now'));
  const name = fixtureName(LAYOUT_VERSION, FOLD_VERSION);
  expect(files).toContain(name);
  expect(JSON.parse(JSON.stringify(made))).toEqual(fixtureIn(name));
});
