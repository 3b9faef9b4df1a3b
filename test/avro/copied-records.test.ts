// Records that leave as they came: rejects with their reason, re-routed ones for their home.

import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { schemaIdOf } from '../../src/avro/wire-format.ts';
import type { InputRecord, RecordHeaders } from '../../src/pipeline/ports.ts';
import { contentOf, copied, encoder, idOf, LOG_TIME, notice, REJECT, record, texts } from './notice-samples.ts';

describe('a reject', () => {
  test('is the record as it was: bytes, key, headers, and why', () => {
    const message = copied({ color: Buffer.from('red'), many: [Buffer.from('1'), Buffer.from('2')] });
    expect(message).toMatchObject({ topic: 'task-status-rejects', key: Buffer.from('k'), value: Buffer.from('v') });
    expect(message.headers.many).toEqual([Buffer.from('1'), Buffer.from('2')]);
    expect(texts(message)).toMatchObject({
      color: 'red',
      'taskfold-reject-reason': 'truncated',
      'taskfold-reject-detail': 'The Avro body ends too early.',
      'taskfold-reject-form': 'copy',
      'taskfold-source': 'updates/3/42/1',
      ce_type: 'taskfold.update.rejected',
    });
  });

  test.each<[string, Partial<InputRecord>]>([
    ['a tombstone', { value: null }],
    ['no key', { key: null }],
    ['an empty key and value', { key: Buffer.alloc(0), value: Buffer.alloc(0) }],
  ])('keeps %s', (_, more) => {
    const { key, value } = { ...record(), ...more };
    expect(copied({}, more)).toMatchObject({ key, value });
  });

  test('leaves out what kafkajs cannot send, and names it', () => {
    // As kafkajs hands it over: what every object has stands before the value.
    const headers = {
      empty: null,
      mixed: [Buffer.from('a'), null],
      constructor: [Object, Buffer.from('c')],
      fine: Buffer.from('f'),
    };
    Object.defineProperty(headers, '__proto__', { value: [{}, Buffer.from('p')], enumerable: true });
    const message = copied(headers as unknown as RecordHeaders);
    expect(JSON.parse(texts(message)['taskfold-dropped-headers']!).sort()).toEqual([
      '__proto__',
      'constructor',
      'empty',
      'mixed',
    ]);
    expect(texts(message)).toMatchObject({ fine: 'f', mixed: 'a' });
    for (const value of Object.values(message.headers).flat()) expect(Buffer.isBuffer(value)).toBe(true);
  });

  test('keeps a header that has the name of one of ours beside it', () => {
    const headers = { ce_id: Buffer.from('theirs'), 'taskfold-source': Buffer.from('updates/9/5/1') };
    const message = copied(headers);
    expect(texts(message)).toMatchObject({
      'taskfold-source': 'updates/3/42/1',
      'taskfold-original-ce_id': 'theirs',
      'taskfold-original-taskfold-source': 'updates/9/5/1',
    });
    expect(idOf(message)).not.toBe('theirs');
  });

  test('with a token or too many bytes is a pointer: none of the bytes, no checksum of them', () => {
    const value = Buffer.from('with the-secret-token');
    const body = { ...REJECT, reason: 'negative_number', form: 'pointer', internal_task_id: 'task-1' } as const;
    const held = record({
      value,
      headers: { hidden: Buffer.from('the-secret-token'), tracestate: Buffer.from('a=1') },
    });
    const message = encoder.encode(3, notice(body), held, null);
    expect(schemaIdOf(message.value!)).toBe(13);
    expect(contentOf('task-status-rejects.avsc', message)).toEqual({
      reason: 'negative_number',
      detail: REJECT.detail,
      internal_task_id: 'task-1',
      source_topic: 'updates',
      source_partition: 3,
      source_offset: 42,
      log_time: LOG_TIME,
      key_bytes: 1,
      key_crc32: crc32('k'),
      value_bytes: value.length,
      origin_partition: null,
      origin_offset: null,
    });
    expect(texts(message)).toMatchObject({
      'taskfold-reject-form': 'pointer',
      ce_subject: 'task-1',
      tracestate: 'a=1',
    });
    const checksum = String(crc32(value));
    for (const secret of ['secret', checksum])
      expect(JSON.stringify([texts(message), String(message.value)])).not.toContain(secret);
  });

  test('with a key of a megabyte is a small pointer', () => {
    const held = record({ key: Buffer.alloc(1_000_000) });
    const message = encoder.encode(3, notice({ ...REJECT, form: 'pointer' }), held, null);
    expect(message.key).toBeNull();
    expect(message.value!.length).toBeLessThan(500);
  });
});

describe('a re-routed record', () => {
  const update = { internal_task_id: 'task-ü' };
  const rerouted = (headers: RecordHeaders) =>
    encoder.encode(3, notice({ kind: 'reroute', to: 7 }), record({ headers }), update);

  test('goes to its home with its bytes, keyed by its task, and says where it lay', () => {
    const message = rerouted({ color: Buffer.from('red'), ce_id: Buffer.from('theirs') });
    expect(message).toMatchObject({
      topic: 'updates',
      partition: 7,
      key: Buffer.from('task-ü'),
      value: Buffer.from('v'),
    });
    expect(texts(message)).toEqual({
      color: 'red',
      ce_id: 'theirs',
      'taskfold-source': 'updates/3/42/1',
      'taskfold-group': 'folders',
      'taskfold-log-time': String(LOG_TIME),
      'taskfold-origin-key': 'k',
    });
  });

  test.each<[string, Buffer | null]>([
    ['no key', null],
    ['an empty key', Buffer.alloc(0)],
    ['a key that is no text', Buffer.from([0xff, 0])],
  ])('that is rejected at home leaves as it came first, with %s', (_, key) => {
    const forged = { 'taskfold-origin-key': Buffer.from('forged') };
    const sent = encoder.encode(3, notice({ kind: 'reroute', to: 7 }), record({ key, headers: forged }), update);
    const atHome = record({ key: sent.key, headers: sent.headers });
    for (const form of ['copy', 'pointer'] as const) {
      const source = { partition: 3, offset: 42 };
      const message = encoder.encode(7, notice({ ...REJECT, form }, { source }), atHome, null);
      expect(message.key).toEqual(key);
      expect(texts(message)).not.toHaveProperty('taskfold-origin-key');
      if (form === 'pointer')
        expect(contentOf('task-status-rejects.avsc', message)).toMatchObject({
          key_bytes: key?.length ?? null,
          key_crc32: key === null ? null : crc32(key),
        });
    }
  });

  test('is the same at every replay', () => {
    const headers = { a: Buffer.from('1'), b: null };
    expect(rerouted(headers)).toEqual(rerouted(headers));
  });
});
