// Clients of the services as anybody would make them, out of the settings that an environment holds: addresses, TLS, logins.
import { request as askPlain } from 'node:http';
import { request as askTls } from 'node:https';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { Kafka, logLevel } from 'kafkajs';
import { readConfig } from '../../src/cli/read-config.ts';
import { kafkaConnection, redisTarget, registryOptions } from '../../src/cli/service-targets.ts';
import { type RegistryAccess, registryAccess } from '../../src/connect/registry-access.ts';
import type { KafkaConnection } from '../../src/kafka/connection.ts';
import type { RedisTarget } from '../../src/redis/redis-target.ts';
import type { Environment } from './taskfold-process.ts';

export function kafkaConnectionOf(env: Environment): KafkaConnection {
  return { ...kafkaConnection(readConfig(env).config), clientId: 'test' };
}

export function redisTargetOf(env: Environment): RedisTarget {
  return redisTarget(readConfig(env).config);
}

/** kafkajs as anybody would use it. */
export function plainKafka(env: Environment): Kafka {
  const { brokers, ...rest } = kafkaConnectionOf(env);
  return new Kafka({ ...(rest as object), brokers: [...brokers], logLevel: logLevel.NOTHING });
}

function accessOf(env: Environment): RegistryAccess {
  return registryAccess(registryOptions(readConfig(env).config));
}

/** The stock registry client as anybody would use it. */
export function stockRegistry(env: Environment): SchemaRegistry {
  const { host, authorization, agent } = accessOf(env);
  return new SchemaRegistry({
    host,
    ...(agent === null ? {} : { agent }),
    ...(authorization === null
      ? {}
      : {
          middlewares: [
            () => ({ prepareRequest: async (next) => (await next()).enhance({ headers: { authorization } }) }),
          ],
        }),
  });
}

/** Posts to the registry's API by a bare request; answers the document. @throws Error unless it says 200 */
export function postToRegistry(env: Environment, path: string, body: unknown): Promise<unknown> {
  const { host, authorization, agent } = accessOf(env);
  const headers = {
    'content-type': 'application/vnd.schemaregistry.v1+json',
    ...(authorization === null ? {} : { authorization }),
  };
  const ask = host.startsWith('https:') ? askTls : askPlain;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, ...(agent === null ? {} : { agent }) };
    const asked = ask(`${host}${path}`, options, (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      answer.on('end', () => {
        if (answer.statusCode === 200) resolve(JSON.parse(text));
        else reject(new Error(`the registry answers ${answer.statusCode}: ${text}`));
      });
    });
    asked.on('error', reject);
    asked.end(JSON.stringify(body));
  });
}
