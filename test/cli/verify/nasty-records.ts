// One of every kind of record that the input can hold: good ones with all that a task can show, and each bad form.
// What must come of each stands beside it.

import type { RejectReason } from '../../../src/domain/outcome.ts';
import type { RawRecord } from '../../kafka/raw-produce.ts';
import { awayFrom, type FoldedWorld, homeOf, PARTITIONS, TOKEN, taskAt } from './folded-world.ts';

const NUMBER_MAX = 2 ** 53 - 2;
/** Flags of the processor that these records are made for: small bounds, so that each is met. */
export const SMALL_BOUNDS = [
  '--copy-bytes-max',
  '4000',
  '--errors-kept',
  '2',
  '--reporters-kept',
  '2',
  '--ios-kept',
  '3',
  '--unknown-schema-wait-s',
  '0.2',
];

const text = (value: string) => Buffer.from(value);

interface Figures {
  published: number;
  applied: number;
  rerouted: number;
  rejected_by_reason: { [reason in RejectReason]?: number };
}

/** Appends them all; answers what must become of them. */
export async function appendNastyRecords(world: FoldedWorld): Promise<Figures> {
  const figures: Figures = { published: 0, applied: 0, rerouted: 0, rejected_by_reason: {} };
  const lanes: RawRecord[][] = Array.from({ length: PARTITIONS }, () => []);
  const lay = (partition: number, record: RawRecord) => {
    lanes[partition]!.push(record);
    figures.published += 1;
  };
  const update = (
    fields: { internal_task_id: string; [field: string]: unknown },
    headers: NonNullable<RawRecord['headers']> = {},
  ) => {
    lay(homeOf(fields.internal_task_id), { key: text(fields.internal_task_id), value: world.bytes(fields), headers });
    figures.applied += 1;
  };
  const bad = (reason: RejectReason, record: RawRecord, partition = 0) => {
    lay(partition, record);
    figures.rejected_by_reason[reason] = (figures.rejected_by_reason[reason] ?? 0) + 1;
  };

  for (const task of ['plain', 'with:colon%and space', '__proto__', 'constructor', 'ünï-😀', 'x'.repeat(1_024)]) {
    update({ internal_task_id: task, task_status: 'running', error_count: 1, timestamp: 10, prior_timestamp: 5 });
    update({ internal_task_id: task, retry_count: 2, internal_job_id: 'j'.repeat(200), engine_id: task });
  }
  update(
    {
      internal_task_id: 'rich',
      work_request_id: 'w1',
      prior_timestamp: 100,
      error_details: '[{"id":"1","msg":"one"},{"id":2},{"msg":"\\ud800 lone"},{"msg":"four"}]',
      failure_reason: 'Internal',
      task_action: 'completeAndCreateJobs',
      create_jobs_action: [
        { base_internal_job_id: 'b1', token: TOKEN, payload_json: '{"a":1}', no_tdo: false },
        { base_internal_job_id: 'b1', token: `${TOKEN}2`, payload_json: '{"a":1}', no_tdo: false },
        { create_tdo_detail: { name: 'n', is_public: true, start_date_time: '2026-01-01T00:00:00Z' } },
        {},
      ],
      inputs: ['a', 'b', 'c', 'd', `long ${'i'.repeat(100)}`].map((id) => ({
        id,
        processed_count: 1,
        processed_total_count: 5,
      })),
      outputs: [{ processed_count: 3 }, { id: '__proto__', processed_total_count: 0 }, { id: 'only named' }],
      processed_stats: { processed_bytes: 0, processed_cpu_seconds: 7 },
    },
    { traceparent: text('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'), tracestate: text('a=b') },
  );
  for (const work_request_id of ['w2', 'w3', '', 'w1']) {
    update({
      internal_task_id: 'rich',
      work_request_id,
      inputs: [{ id: 'a', processed_total_count: 4 }],
      error_details: 'no json',
    });
  }
  update({ internal_task_id: 'rich', work_request_id: 'w1', task_output: 'x'.repeat(900_000) });
  for (const task_status of ['failed', 'failed', 'reprocessing', 'aborted', 'running', 'waiting']) {
    update({
      internal_task_id: 'stories',
      work_request_id: 'w1',
      prior_timestamp: 1,
      task_status,
      failure_reason: 'api',
    });
  }
  update({ internal_task_id: 'stories', work_request_id: 'w2', task_status: 'complete' });
  update({ internal_task_id: 'full', retry_count: NUMBER_MAX });

  // Numbers, sums and sizes.
  const rejected = (reason: RejectReason, fields: { internal_task_id: string; [field: string]: unknown }) =>
    bad(reason, { key: null, value: world.bytes(fields) }, homeOf(fields.internal_task_id));
  rejected('negative_number', { internal_task_id: 'full', error_count: -1 });
  rejected('negative_number', { internal_task_id: 'nobody', timestamp: -1, create_jobs_action: [{ token: TOKEN }] });
  rejected('id_too_long', { internal_task_id: 'full', inputs: [{ id: 'y'.repeat(1_025) }] });
  rejected('sum_out_of_range', { internal_task_id: 'full', retry_count: 1, create_jobs_action: [{ token: '' }] });
  rejected('too_large_to_copy', {
    internal_task_id: 'full',
    task_output: 'x'.repeat(5_000),
    create_jobs_action: [{ token: TOKEN }],
  });
  bad(
    'too_large_to_copy',
    { value: world.bytes({ internal_task_id: 'far', task_output: 'x'.repeat(5_000) }) },
    awayFrom('far'),
  );
  bad('internal_task_id_missing', { key: text('k'), value: world.bytes({ error_count: 1 }), headers: NASTY_HEADERS });
  bad('internal_task_id_missing', { value: world.bytes({ create_jobs_action: [{ token: TOKEN }] }) });
  bad('internal_task_id_too_long', {
    key: text('k'.repeat(5_000)),
    value: world.bytes({ internal_task_id: 'y'.repeat(1_025) }),
  });
  bad('internal_task_id_too_long', { value: world.bytes({ internal_task_id: 'y'.repeat(1_025) }) });

  // Bytes that are no update.
  const whole = world.bytes({ internal_task_id: 'whole', error_count: 1 });
  bad('tombstone', { key: text('gone'), value: null, headers: NASTY_HEADERS });
  bad('tombstone', {});
  bad('too_short', { value: Buffer.from([0, 0]) });
  bad('too_short', { value: Buffer.alloc(0) });
  bad('wrong_magic_byte', { value: text('{"internal_task_id":"json"}') });
  bad('truncated', { value: whole.subarray(0, -1) });
  bad('trailing_bytes', { value: Buffer.concat([whole, Buffer.from([0])]), headers: NASTY_HEADERS });
  bad('malformed', { value: Buffer.concat([whole.subarray(0, 5), Buffer.from([9])]) });
  bad('malformed', { value: Buffer.concat([whole.subarray(0, 5), Buffer.from([9]), Buffer.alloc(6_000)]) }, 1);
  const unknown = Buffer.from(whole);
  unknown.writeUInt32BE(2_000_000_001, 1);
  for (const partition of [0, 1, 1]) bad('unknown_schema', { value: unknown }, partition);

  // Other writers.
  const foreign = await world.writer(`${world.names.input}-foreign`, FOREIGN);
  for (const status of ['waiting', 'complete']) {
    lay(homeOf('foreign'), {
      value: foreign({ note: { a: 'b' }, task_status: status, internal_task_id: 'foreign', error_count: 1 }),
    });
    figures.applied += 1;
  }
  const incompatible = await world.writer(`${world.names.input}-incompatible`, {
    ...FOREIGN,
    fields: [{ name: 'error_count', type: 'string' }],
  });
  bad('incompatible_schema', { value: incompatible({ error_count: 'many' }) });

  // Away from home: each is copied there, headers and all.
  for (const [n, headers] of [
    {},
    NASTY_HEADERS,
    { 'taskfold-source': text('no mark') },
    { ce_id: text('mine') },
  ].entries()) {
    const task = taskAt(n % PARTITIONS, 'astray');
    lay(awayFrom(task), {
      key: text('another key'),
      value: world.bytes({ internal_task_id: task, error_count: 1 }),
      headers,
    });
    figures.applied += 1;
    figures.rerouted += 1;
  }
  rejectedAway(world.bytes({ internal_task_id: 'stray', retry_count: -1 }));

  for (const [partition, records] of lanes.entries()) {
    for (const record of records) await world.append(partition, [record]);
  }
  return figures;

  function rejectedAway(value: Buffer): void {
    bad('negative_number', { value }, awayFrom('stray'));
    figures.rerouted += 1;
  }
}

/** Headers that kafkajs can neither write nor, some of them, copy. */
const NASTY_HEADERS: NonNullable<RawRecord['headers']> = Object.assign(Object.create(null), {
  twice: [text('1'), text('2')],
  'without value': null,
  half: [text('there'), null],
  constructor: text('named like what every object has'),
  ['__proto__']: text('and this'),
  'taskfold-source': text('other-topic/1/2/3'),
  'taskfold-reject-form': text('pointer'),
  ce_type: text('theirs'),
  'content-type': text('theirs'),
});

const FOREIGN = {
  type: 'record',
  name: 'EngineUpdate',
  namespace: 'com.example',
  fields: [
    { name: 'note', type: { type: 'map', values: 'string' } },
    { name: 'task_status', type: 'string' },
    { name: 'internal_task_id', type: ['string', 'null'] },
    { name: 'error_count', type: 'int' },
  ],
};
