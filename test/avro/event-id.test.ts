// `ce_id`: the same whenever the same thing is said again, and never the same for two things.

import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import type { FailureFacts, Notice } from '../../src/domain/notice.ts';
import { FULL_UPDATE } from './known-schemas.ts';
import { copied, encoder, FACTS, failure, idOf, job, notice } from './notice-samples.ts';

describe('ids are made of content', () => {
  const action = FULL_UPDATE.create_jobs_action[0]!;
  const jobId = (change: Partial<typeof action>, update: Partial<TaskStatusDetail> = {}, body = {}, headers = {}) =>
    idOf(
      job(
        body,
        { ...FULL_UPDATE, create_jobs_action: [{ ...action, ...change }], ...update },
        { offset: 77, index: 4 },
        headers,
      ),
    );

  test('the same at any place in the log, also when the record was re-routed', () => {
    expect(idOf(failure({}, { offset: 77, index: 5 }))).toBe(idOf(failure()));
    expect(idOf(failure({}, { source: { partition: 1, offset: 5 } }))).toBe(idOf(failure()));
    expect(jobId({})).toBe(idOf(job()));
  });

  test('the same with other totals: a post whose reply was lost comes again with more in it', () => {
    expect(idOf(failure({ error_count: 99, timestamp: 1, errors: [] }))).toBe(idOf(failure()));
    expect(jobId({}, { timestamp: 1, error_count: 9, outputs: [] })).toBe(jobId({}));
  });

  test('the same with a renewed token: no secret enters an id', () => {
    expect(jobId({ token: 'another' })).toBe(jobId({}));
  });

  test('another for another task, reporter, instance, prior, kind, reason or attempt', () => {
    const others: Partial<FailureFacts>[] = [
      { internal_task_id: 'task-2' },
      { work_request_id: 'wr-2' },
      { prior_timestamp: 1 },
      { failure: 'aborted' },
      { failure_reason: 'api' },
      { attempt: 3 },
      { engine_instance_id: 'instance-1' },
    ];
    expect(new Set([idOf(failure()), ...others.map((other) => idOf(failure(other)))]).size).toBe(others.length + 1);
  });

  test('another for another action, or the second equal action of one record', () => {
    const ids = [
      jobId({}),
      jobId({ base_internal_job_id: 'other' }),
      jobId({ payload_json: '{"a":2}' }),
      jobId({}, { work_request_id: 'wr-2' }),
      jobId({}, { prior_timestamp: 0 }),
      jobId({}, {}, { repeat: 1 }),
      jobId({}, {}, {}, { engine_instance_id: Buffer.from('instance-1') }),
    ];
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('made of first coordinates where reporter or prior is missing: two events never share one', () => {
    const { work_request_id: _, ...withoutReporter } = FACTS;
    const at = (more: Partial<Notice>) =>
      idOf(encoder.encode(3, notice({ kind: 'failure', facts: withoutReporter }, more), null, null));
    const ofKind = (kind: FailureFacts['failure'], internal_task_id = 'task-1') =>
      idOf(failure({ failure: kind, internal_task_id }));
    const silences = [ofKind('silent'), ofKind('recovered'), ofKind('silent', 'task-2')];
    const ids = [at({}), at({ offset: 43 }), at({ source: { partition: 9, offset: 42 } }), ...silences];
    expect(new Set(ids).size).toBe(6);
    // What else befell at that record plays no part.
    expect(at({ index: 2 })).toBe(at({}));
    expect(at({ source: { partition: 9, offset: 5 }, offset: 1 })).toBe(
      at({ source: { partition: 9, offset: 5 }, offset: 2 }),
    );
    expect(jobId({}, { prior_timestamp: null })).not.toBe(jobId({}));
  });

  test('and stay what they are: subscribers have remembered them', () => {
    expect(idOf(failure())).toBe(idFrom(['failure', 'failed', 'task-1', 'wr-1', 1_763_900_000, 'connection', 2]));
    expect(idOf(failure({ attempt: 1 }))).toBe(
      idFrom(['failure', 'failed', 'task-1', 'wr-1', 1_763_900_000, 'connection']),
    );
    expect(idOf(copied({}))).toBe(idFrom(['reject', 'updates', 3, 42, 1]));
  });

  function idFrom(parts: unknown[]): string {
    const hex = createHash('sha256').update(JSON.stringify(parts)).digest('hex');
    const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16);
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
  }
});
