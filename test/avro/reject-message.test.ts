// A reject is read back as what was written, and the record that goes into the input again is the one that was rejected.

import { describe, expect, test } from 'vitest';
import { readPointer, readReject, recordOfCopy, replayedMessage, replaysOf } from '../../src/avro/reject-message.ts';
import type { InputRecord, OutgoingMessage, RecordHeaders } from '../../src/pipeline/ports.ts';
import { contentOf, copied, encoder, LOG_TIME, notice, REJECT, record, texts } from './notice-samples.ts';

const REJECTS = 'task-status-rejects';
const HOME = { partition: 5, internal_task_id: 'a-task' };

/** As it comes back from the topic. */
function lying({ key, value, headers }: OutgoingMessage, offset = 7): InputRecord {
  return { partition: 1, offset, timestamp: 99, key, value, headers };
}

/** What goes back of a message of the rejects topic. */
function replayed(message: OutgoingMessage): OutgoingMessage {
  const found = lying(message);
  return replayedMessage('updates', readReject(REJECTS, found)!, recordOfCopy(found), HOME);
}

describe('a message of the rejects topic', () => {
  test('says where the record lay, when, why and in which form', () => {
    expect(readReject(REJECTS, lying(copied({})))).toMatchObject({
      place: { topic: REJECTS, partition: 1, offset: 7 },
      rejected_at: 99,
      reason: 'truncated',
      detail: 'The Avro body ends too early.',
      form: 'copy',
      source: { topic: 'updates', partition: 3, offset: 42, log_time: LOG_TIME },
    });
  });

  test('is none of ours without our headers, or with broken ones', () => {
    const { headers, ...rest } = lying(copied({}));
    expect(readReject(REJECTS, { ...rest, headers: {} })).toBeNull();
    for (const [name, text] of [
      ['taskfold-source', 'updates/3/x/1'],
      ['taskfold-log-time', 'late'],
      ['taskfold-reject-form', 'other'],
    ]) {
      const broken: RecordHeaders = { ...headers, [name!]: Buffer.from(text!) };
      expect(readReject(REJECTS, { ...rest, headers: broken }), name).toBeNull();
    }
  });

  test('as a pointer tells sizes and the checksum of the key; other bytes are none', () => {
    const body = { ...REJECT, form: 'pointer' } as const;
    const message = encoder.encode(
      3,
      notice(body),
      record({ key: Buffer.from('k'), value: Buffer.from('12345') }),
      null,
    );
    expect({ ...readPointer(message.value) }).toEqual(contentOf('task-status-rejects.avsc', message));
    expect(readPointer(message.value)).toMatchObject({ key_bytes: 1, value_bytes: 5 });
    for (const bytes of [null, Buffer.from('abc'), Buffer.alloc(7)]) expect(readPointer(bytes)).toBeNull();
  });
});

describe('a replayed record', () => {
  test('has the bytes and the headers of the rejected one, the key of its task, and says where it comes from', () => {
    const many = [Buffer.from('1'), Buffer.from('2')];
    const message = replayed(copied({ color: Buffer.from('red'), many, ce_id: Buffer.from('theirs') }));
    expect(message).toMatchObject({
      topic: 'updates',
      partition: 5,
      key: Buffer.from('a-task'),
      value: Buffer.from('v'),
    });
    expect(message.headers.many).toEqual(many);
    expect(texts({ ...message, headers: { ...message.headers, many: Buffer.alloc(0) } })).toEqual({
      color: 'red',
      many: '',
      ce_id: 'theirs',
      'taskfold-replayed-from': `${REJECTS}/1/7`,
      'taskfold-replays': '1',
      'taskfold-first-source': 'updates/3/42',
      'taskfold-first-log-time': String(LOG_TIME),
    });
  });

  test('has no mark of a re-routed one, nor any other of ours that the rejected one had', () => {
    const marks = ['taskfold-source', 'taskfold-group', 'taskfold-tick', 'taskfold-control', 'taskfold-origin'];
    const message = replayed(copied(Object.fromEntries(marks.map((name) => [name, Buffer.from('x')]))));
    for (const name of marks) expect(message.headers).not.toHaveProperty(name);
  });

  test('that is rejected and replayed again counts on, and keeps where it lay first', () => {
    const first = replayed(copied({}));
    const again = replayed(copied(first.headers));
    expect(replaysOf(again.headers)).toBe(2);
    expect(texts(again)).toMatchObject({ 'taskfold-first-source': 'updates/3/42' });
  });

  test('counts nothing that is no number', () => {
    expect(replaysOf({ 'taskfold-replays': Buffer.from('many') })).toBe(0);
  });
});
