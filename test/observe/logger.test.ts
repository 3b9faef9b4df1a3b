// Logs: one list of events, credentials masked, repeats held back.
import { describe, expect, test } from 'vitest';
import { createLogger, type LoggerOptions } from '../../src/observe/logger.ts';
import { maskSecrets } from '../../src/observe/mask-secrets.ts';

function logged(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  let now = 1_000;
  const logger = createLogger({
    level: 'debug',
    format: 'json',
    repeatMs: 30_000,
    to: { write: (line) => lines.push(line) },
    now: () => now,
    ...options,
  });
  const parsed = () => lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return { logger, lines, parsed, pass: (ms: number) => (now += ms) };
}

describe('lines', () => {
  test('JSON: time, level and event by name, the fields, the text', () => {
    const { logger, parsed } = logged();
    logger.log('partition_assigned', { partition: 3 });
    expect(parsed()).toEqual([
      {
        level: 'info',
        time: '1970-01-01T00:00:01.000Z',
        event: 'partition_assigned',
        partition: 3,
        msg: 'the group gave the partition to this processor',
      },
    ]);
  });

  test('text for people: one line, with the fields and the event', () => {
    const { logger, lines } = logged({ format: 'text' });
    logger.log('service_waiting', { service: 'Redis', reason: 'no route' });
    expect(lines).toEqual([
      '00:00:01.000 WARN  waiting for a service that does not answer  service=Redis reason="no route" [service_waiting]\n',
    ]);
  });

  test('below the level nothing is written', () => {
    const { logger, lines } = logged({ level: 'warn' });
    logger.log('partition_assigned');
    expect(lines).toEqual([]);
  });
});

describe('repeats', () => {
  test('a repeating event is said once, and after the interval once more with the number held back', () => {
    const { logger, parsed, pass } = logged();
    for (let i = 0; i < 5; i++) logger.log('service_waiting', { service: 'Kafka' }, 'kafka');
    expect(parsed()).toHaveLength(1);
    pass(30_000);
    logger.log('service_waiting', { service: 'Kafka' }, 'kafka');
    expect(parsed()[1]).toMatchObject({ event: 'service_waiting', held_back: 4 });
  });

  test('each subject has its own interval, and what is over is said at once again', () => {
    const { logger, parsed } = logged();
    logger.log('service_waiting', {}, 'kafka');
    logger.log('service_waiting', {}, 'redis');
    expect(parsed()).toHaveLength(2);
    logger.over('service_waiting', 'kafka');
    logger.log('service_waiting', {}, 'kafka');
    logger.log('service_waiting', {}, 'redis');
    expect(parsed()).toHaveLength(3);
  });

  test('events that happen are never held back', () => {
    const { logger, parsed } = logged();
    for (let i = 0; i < 3; i++) logger.log('partition_resumed', { partition: 1 });
    expect(parsed()).toHaveLength(3);
  });
});

describe('secrets', () => {
  test('fields named like a credential, bytes, and passwords in texts do not show', () => {
    const { logger, lines } = logged();
    const error = new Error('cannot reach redis://user:geheim@host', { cause: new Error('token=geheim') });
    Object.assign(error, { request: { headers: { authorization: 'geheim' } } });
    logger.log('broken', {
      token: 'geheim',
      nested: { create_jobs_action: [{ token: 'geheim' }], password: 'geheim' },
      bytes: Buffer.from('geheim'),
      list: ['http://u:geheim@registry/'],
      error,
    });
    expect(lines.join('')).not.toContain('geheim');
    expect(lines.join('')).not.toContain(Buffer.from('geheim').toString('base64'));
    expect(lines.join('')).toContain('cannot reach redis://user:***@host');
    expect(lines.join('')).toContain('(6 bytes)');
  });

  test.each([
    ['redis://user:p@ss@host:1', 'redis://user:***@host:1'],
    ['http://key@host/path', 'http://***@host/path'],
    ['two: http://a:b@c and http://d:e@f', 'two: http://a:***@c and http://d:***@f'],
    ['{"token":"abc","x":1}', '{"token":"***","x":1}'],
    ['?password=abc&x=1', '?password=***&x=1'],
    ['a host:9092 without secrets', 'a host:9092 without secrets'],
  ])('%s', (text, masked) => {
    expect(maskSecrets(text)).toBe(masked);
  });
});
