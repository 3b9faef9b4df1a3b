// What a secured stack is made of, in the files of one folder: an authority, the certificate of the servers, one of a
// client, passwords. Made once a run; whoever comes second finds it there.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KafkaOptions, RedisOptions } from '../../deploy/stack/stack.mjs';
import { createAuthority } from './certificates.ts';
import type { Environment } from './taskfold-process.ts';

/** May do everything, at Kafka and at Redis. */
export const ADMIN = 'admin';
/** Gets the rights that a deployment needs, and no others. */
export const RESTRICTED = 'taskfold';

export interface Security {
  /** path of a PEM file or password file */
  file(name: 'ca.pem' | 'server.pem' | 'server-key.pem' | 'client.pem' | 'client-key.pem'): string;
  passwordFile(user: typeof ADMIN | typeof RESTRICTED): string;
  password(user: typeof ADMIN | typeof RESTRICTED): string;
  readonly kafka: KafkaOptions;
  /** a Redis over TLS that asks for a login */
  readonly redis: RedisOptions;
}

export async function securityIn(folder: string): Promise<Security> {
  if (!existsSync(folder)) await create(folder);
  const file = (name: string) => join(folder, name);
  const password = (user: string) => readFileSync(file(`${user}.password`), 'utf8');
  return {
    file,
    passwordFile: (user) => file(`${user}.password`),
    password,
    kafka: {
      keyStore: file('server-store.pem'),
      trustStore: file('ca.pem'),
      users: { [ADMIN]: password(ADMIN), [RESTRICTED]: password(RESTRICTED) },
      superUsers: [ADMIN],
    },
    redis: {
      tls: { certificate: file('server.pem'), key: file('server-key.pem'), authority: file('ca.pem') },
      users: [`user default on >${password(ADMIN)} ~* &* +@all`],
      lines: [`masterauth ${password(ADMIN)}`],
    },
  };
}

async function create(folder: string): Promise<void> {
  mkdirSync(dirname(folder), { recursive: true });
  const building = mkdtempSync(`${folder}-`);
  const write = (name: string, text: string) => writeFileSync(join(building, name), text, { mode: 0o600 });
  const authority = await createAuthority();
  const server = await authority.issue({ name: 'server' });
  const client = await authority.issue({ name: 'engine' });
  write('ca.pem', authority.certificate);
  write('server.pem', server.certificate);
  write('server-key.pem', server.key);
  write('server-store.pem', `${server.key}\n${server.certificate}\n`);
  write('client.pem', client.certificate);
  write('client-key.pem', client.key);
  for (const user of [ADMIN, RESTRICTED]) write(`${user}.password`, randomBytes(12).toString('hex'));
  try {
    renameSync(building, folder);
  } catch {
    // Somebody else was faster: theirs it is.
  }
}

/** The settings of somebody who logs in at Kafka's TLS listener. */
export function kafkaLogin(security: Security, port: number, user: typeof ADMIN | typeof RESTRICTED): Environment {
  return {
    KAFKA_BROKERS: `127.0.0.1:${port}`,
    KAFKA_TLS: 'on',
    KAFKA_TLS_CA_FILE: security.file('ca.pem'),
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_USERNAME: user,
    KAFKA_PASSWORD_FILE: security.passwordFile(user),
  };
}
