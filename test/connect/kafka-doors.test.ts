// Kafka's listeners as fleets have them, real ones: each way in works for reading and for transactions, and each way in
// which it can fail is told with the setting and the cure, and without the password.

import { Partitioners } from 'kafkajs';
import { describe, expect, inject, test } from 'vitest';
import { createKafka } from '../../src/kafka/connection.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';
import { newTopic } from '../kafka/kafka-world.ts';
import { createAuthority } from '../support/certificates.ts';
import { kafkaConnectionOf } from '../support/clients.ts';
import { grantAtKafka } from '../support/needed-rights.ts';
import { ADMIN, kafkaLogin, RESTRICTED } from '../support/security.ts';
import { sharedEnv, sharedSecurity } from '../support/stack.ts';
import type { Environment } from '../support/taskfold-process.ts';
import { tlsDoor } from '../support/tls-door.ts';
import { whyNot } from './why-unreachable.ts';

async function doors() {
  const security = await sharedSecurity();
  const { port, loginPort, certificatePort } = inject('kafkaPorts');
  const login = kafkaLogin(security, loginPort!, ADMIN);
  const certificate = {
    KAFKA_BROKERS: `127.0.0.1:${certificatePort}`,
    KAFKA_TLS: 'on',
    KAFKA_TLS_CA_FILE: security.file('ca.pem'),
    KAFKA_TLS_CERT_FILE: security.file('client.pem'),
    KAFKA_TLS_KEY_FILE: security.file('client-key.pem'),
  };
  return { security, login, certificate, plainPort: port! };
}

/** Sends one record in a transaction and reads it back, over one way in. */
async function carries(env: Environment, topic: string): Promise<string[]> {
  const producer = createKafka(kafkaConnectionOf(env), 'write').producer({
    transactionalId: topic,
    maxInFlightRequests: 1,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  const transaction = await producer.transaction();
  await transaction.send({ topic, messages: [{ value: 'carried' }] });
  await transaction.commit();
  await producer.disconnect();
  const values: string[] = [];
  for await (const { records } of readTopic(createKafka(kafkaConnectionOf(env), 'read'), { topic })) {
    values.push(...records.map(({ value }) => String(value)));
  }
  return values;
}

describe('ways in', () => {
  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('a login by %s over TLS', async (mechanism) => {
    const { login } = await doors();
    const env = { ...login, KAFKA_SASL_MECHANISM: mechanism };
    expect(await whyNot('kafka', env)).toBeNull();
    expect(await carries(env, await newTopic(mechanism, 1))).toEqual(['carried']);
  });

  test('a certificate (mutual TLS): the common name is the user', async () => {
    const { certificate } = await doors();
    const topic = await newTopic('certificate', 1);
    const right = { name: topic, pattern: 'literal' } as const;
    await grantAtKafka(
      sharedEnv(),
      [
        { ...right, resource: 'topic', operations: ['Read', 'Write'] },
        { ...right, resource: 'transactional-id', operations: ['Write'] },
      ],
      'CN=engine',
    );
    expect(await whyNot('kafka', certificate)).toBeNull();
    expect(await carries(certificate, topic)).toEqual(['carried']);
  });
});

describe('what is wrong is named, with its cure', () => {
  test('a wrong password, which does not show', async () => {
    const { login } = await doors();
    const { KAFKA_PASSWORD_FILE: _right, ...rest } = login;
    for (const mechanism of ['plain', 'scram-sha-512']) {
      const said = await whyNot('kafka', { ...rest, KAFKA_SASL_MECHANISM: mechanism, KAFKA_PASSWORD: 'geheim' });
      expect(said).toMatch(/127\.0\.0\.1:\d+ refuses our user or password.*KAFKA_USERNAME, KAFKA_PASSWORD_FILE/);
      expect(said).not.toContain('geheim');
    }
  });

  test('an authority that is not trusted here', async () => {
    const { login } = await doors();
    const { KAFKA_TLS_CA_FILE: _known, ...rest } = login;
    expect(await whyNot('kafka', rest)).toMatch(/authority that is not trusted here.*set KAFKA_TLS_CA_FILE/);
    const other = await createAuthority('Somebody else');
    const said = await whyNot('kafka', { ...rest, KAFKA_TLS_CA: other.certificate });
    expect(said).toMatch(/authority that is not trusted here/);
  });

  test('no certificate of ours where one is asked for, and one of a stranger', async () => {
    const { certificate } = await doors();
    const { KAFKA_TLS_CERT_FILE: _cert, KAFKA_TLS_KEY_FILE: _key, ...bare } = certificate;
    const cure = /refuses our certificate, or that we showed none.*set KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE/;
    expect(await whyNot('kafka', bare)).toMatch(cure);
    const stranger = await (await createAuthority('Somebody else')).issue({ name: 'engine' });
    const own = { KAFKA_TLS_CERT: stranger.certificate, KAFKA_TLS_KEY: stranger.key };
    expect(await whyNot('kafka', { ...bare, ...own })).toMatch(cure);
  });

  test('an expired certificate, and one for another host', async () => {
    const { plainPort } = await doors();
    const authority = await createAuthority();
    const trust = { KAFKA_TLS: 'on', KAFKA_TLS_CA: authority.certificate };
    const expired = await tlsDoor(plainPort, await authority.issue({ name: 'old', days: -1 }));
    expect(await whyNot('kafka', { ...trust, KAFKA_BROKERS: `127.0.0.1:${expired}` })).toMatch(
      /127\.0\.0\.1:\d+: its certificate has expired.*renew/,
    );
    const elsewhere = await tlsDoor(plainPort, await authority.issue({ name: 'x', hosts: ['kafka.example'] }));
    expect(await whyNot('kafka', { ...trust, KAFKA_BROKERS: `localhost:${elsewhere}` })).toMatch(
      /for another host name \(asked for localhost, it has DNS:kafka\.example\).*KAFKA_BROKERS/,
    );
  });

  test('TLS where there is none, none where there is TLS, and no login where one is asked for', async () => {
    const { login, plainPort } = await doors();
    const tls = { KAFKA_TLS: 'on', KAFKA_TLS_CA_FILE: login.KAFKA_TLS_CA_FILE! };
    expect(await whyNot('kafka', { ...tls, KAFKA_BROKERS: `127.0.0.1:${plainPort}` })).toMatch(
      /speaks no TLS|ends the connection before TLS is agreed on.*KAFKA_TLS/,
    );
    expect(await whyNot('kafka', { KAFKA_BROKERS: login.KAFKA_BROKERS! })).toMatch(/set KAFKA_TLS=on/);
    expect(await whyNot('kafka', { ...tls, KAFKA_BROKERS: login.KAFKA_BROKERS! })).toMatch(/set KAFKA_SASL_MECHANISM/);
  });

  test('nobody there, and a host that nobody knows', async () => {
    expect(await whyNot('kafka', { KAFKA_BROKERS: '127.0.0.1:9' })).toMatch(
      /\(ECONNREFUSED\) \| start what is missing/,
    );
    expect(await whyNot('kafka', { KAFKA_BROKERS: 'kafka.invalid:9092' })).toMatch(
      /kafka\.invalid:9092: no such host name is known.*KAFKA_BROKERS/,
    );
  });

  test('a user without rights: the right and the command that grants it', async () => {
    const { security } = await doors();
    const topic = await newTopic('forbidden', 1);
    const env = kafkaLogin(security, inject('kafkaPorts').loginPort!, RESTRICTED);
    await expect(
      (async () => {
        for await (const _ of readTopic(createKafka(kafkaConnectionOf(env), 'read'), { topic }));
      })(),
    ).rejects.toThrow(/lacks a right on the topic.*kafka-acls\.sh --add/);
  });
});
