// Events as they leave: value, key and headers.
import { describe, expect, test } from 'vitest';
import { schemaIdOf } from '../../src/avro/wire-format.ts';
import type { FailureFacts } from '../../src/domain/notice.ts';
import { parseSource } from '../../src/pipeline/source-header.ts';
import { FULL_UPDATE } from './known-schemas.ts';
import {
  contentOf,
  encoder,
  FACTS,
  failure,
  JOB,
  job,
  LOG_TIME,
  notice,
  record,
  TRACE,
  texts,
} from './notice-samples.ts';

describe('a failure', () => {
  test('says all of the facts, keyed by the task', () => {
    const message = failure();
    expect(message).toMatchObject({ topic: 'task-failures', key: Buffer.from('task-1') });
    expect(schemaIdOf(message.value!)).toBe(11);
    const { traceparent: _, tracestate: __, ...facts } = FACTS;
    const nulls = { processed_chunks: null, processed_cpu_milliseconds: null, processed_cpu_seconds: null };
    expect(contentOf('task-failures.avsc', message)).toEqual({
      last_update_at: null,
      ...facts,
      errors: [
        { id: 'e1', msg: 'no route' },
        { id: null, msg: 'again' },
      ],
      processed_stats: { ...nulls, processed_media_seconds: null, ...FACTS.processed_stats },
      source_topic: 'updates',
      source_partition: 3,
      source_offset: 42,
      origin_partition: null,
      origin_offset: null,
    });
  });

  test('is a CloudEvent in binary mode, with the trace of its record and the coordinates of where we read it', () => {
    expect(texts(failure())).toEqual({
      ce_specversion: '1.0',
      ce_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      ce_type: 'taskfold.task.failed',
      ce_source: '/taskfold/folders/updates',
      ce_time: '2026-01-02T03:04:05.678Z',
      ce_subject: 'task-1',
      'content-type': 'application/avro',
      'taskfold-source': 'updates/3/42/1',
      'taskfold-log-time': '1767323045678',
      'taskfold-group': 'folders',
      ...TRACE,
    });
  });

  test('of a re-routed record names its first coordinates beside our own', () => {
    const message = failure({}, { source: { partition: 9, offset: 1_000 } });
    expect(texts(message)).toMatchObject({ 'taskfold-source': 'updates/3/42/1', 'taskfold-origin': 'updates/9/1000' });
    expect(parseSource(texts(message)['taskfold-source']!)).toMatchObject({ partition: 3, offset: 42, index: 1 });
    expect(contentOf('task-failures.avsc', message)).toMatchObject({ origin_partition: 9, origin_offset: 1_000 });
  });

  test('with few facts leaves the others null, and never reported is not zero', () => {
    const facts = { failure: 'error', internal_task_id: 't', attempt: 1, errors: [], processed_stats: {}, log_time: 0 };
    const message = encoder.encode(0, notice({ kind: 'failure', facts: facts as unknown as FailureFacts }), null, null);
    expect(contentOf('task-failures.avsc', message)).toMatchObject({
      error_count: null,
      processed_stats: null,
      failure_reason: null,
      task_status: null,
      errors: [],
    });
  });

  test('always fits its topic, however long its texts', () => {
    const long = 'ä'.repeat(500_000);
    const errors = Array.from({ length: 1_000 }, (_, i) => ({ id: `e${i}`, msg: 'ä'.repeat(1_024) }));
    const message = failure({
      engine_id: long,
      internal_job_id: long,
      task_route_id: long,
      work_request_id: long,
      errors,
    });
    expect(message.value!.length).toBeLessThan(300_000);
    const value = contentOf('task-failures.avsc', message) as { errors: { id: string }[]; engine_id: string };
    expect(value.errors.at(-1)!.id).toBe('e999');
    expect(value.engine_id).toBe('ä'.repeat(2_048));
  });

  test('with a time that no calendar holds is sent without ce_time', () => {
    expect(texts(failure({ log_time: 2 ** 60 }))).not.toHaveProperty('ce_time');
    expect(contentOf('task-failures.avsc', failure({ log_time: 2 ** 60 }))).toMatchObject({ log_time: 2 ** 53 - 2 });
  });
});

describe('a job creation', () => {
  test('holds the action with its token, keyed by the job', () => {
    const message = job({ internal_job_id: 'job-1' });
    expect(message).toMatchObject({ topic: 'job-creations', key: Buffer.from('job-1') });
    expect(schemaIdOf(message.value!)).toBe(12);
    const [action] = FULL_UPDATE.create_jobs_action;
    expect(contentOf('job-creations.avsc', message)).toEqual({
      ...action,
      internal_task_id: 'task-1',
      internal_job_id: 'job-1',
      engine_id: null,
      work_request_id: 'wr-1',
      task_route_id: 'route/1',
      timestamp: FULL_UPDATE.timestamp,
      prior_timestamp: FULL_UPDATE.prior_timestamp,
      action_index: 0,
      log_time: LOG_TIME,
      source_topic: 'updates',
      source_partition: 3,
      source_offset: 42,
      origin_partition: null,
      origin_offset: null,
    });
  });

  test('without a job is keyed by its task', () => {
    expect(job().key).toEqual(Buffer.from('task-1'));
  });

  test('shows its token in the value only', () => {
    const message = job();
    expect(message.value!.includes('the-secret-token')).toBe(true);
    expect(JSON.stringify(texts(message))).not.toContain('secret');
    expect(texts(message)).toMatchObject({ ce_type: 'taskfold.job.creation', traceparent: TRACE.traceparent });
  });

  test('whose record is gone, or another one now, is a fault, not an event without content', () => {
    const body = notice(JOB);
    expect(() => encoder.encode(3, body, null, null)).toThrow(expect.objectContaining({ code: 'payload_gone' }));
    expect(() => encoder.encode(3, body, record(), {})).toThrow(expect.objectContaining({ code: 'payload_gone' }));
  });
});
