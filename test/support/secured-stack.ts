// A stack as fleets have it: Kafka over TLS with SCRAM logins and an authorizer, a Redis Cluster of three masters over TLS
// with ACL users, the registry behind TLS and basic authentication. Its settings are an administrator's; a deployment makes
// itself a user with no more rights than it needs.
import { readFileSync } from 'node:fs';
import type { Stack, StackOptions } from '../../deploy/stack/stack.mjs';
import { formCluster } from './redis-cluster.ts';
import { openRegistryGate } from './registry-gate.ts';
import { ADMIN, kafkaLogin, type Security } from './security.ts';
import type { Environment } from './taskfold-process.ts';

export const SECURED_REDIS = ['redis-2', 'redis-3', 'redis-4'] as const;

export function securedOptions(security: Security): NonNullable<StackOptions['options']> {
  const redis = { ...security.redis, cluster: true };
  return { kafka: security.kafka, ...Object.fromEntries(SECURED_REDIS.map((name) => [name, redis])) };
}

/** Forms the Cluster, opens the gate of the registry, and answers the settings of what the stack has of all this. */
export async function securedEnv(
  stack: Stack,
  security: Security,
): Promise<{ env: Environment; close(): Promise<void> }> {
  const nodes = SECURED_REDIS.map((name) => stack.service(name));
  const ca = readFileSync(security.file('ca.pem'), 'utf8');
  await formCluster(nodes, { password: security.password(ADMIN), tls: { ca } });
  const redis = {
    REDIS_URL: `rediss://${nodes.map(({ ports }) => `127.0.0.1:${ports.port}`).join(',')}`,
    REDIS_MODE: 'cluster',
    REDIS_USERNAME: 'default',
    REDIS_PASSWORD_FILE: security.passwordFile(ADMIN),
    REDIS_TLS_CA_FILE: security.file('ca.pem'),
  };
  const kafka = 'kafka' in stack.pids ? kafkaLogin(security, stack.kafka.ports.loginPort!, ADMIN) : {};
  if (!('registry' in stack.pids)) return { env: { ...redis, ...kafka }, close: async () => {} };
  const login = { username: ADMIN, password: security.password(ADMIN) };
  const gate = await openRegistryGate(stack.registry.url, {
    certificate: security.file('server.pem'),
    key: security.file('server-key.pem'),
    basic: login,
  });
  const registry = {
    SCHEMA_REGISTRY_URL: gate.url,
    SCHEMA_REGISTRY_USERNAME: ADMIN,
    SCHEMA_REGISTRY_PASSWORD_FILE: security.passwordFile(ADMIN),
    SCHEMA_REGISTRY_TLS_CA_FILE: security.file('ca.pem'),
  };
  return { env: { ...redis, ...kafka, ...registry }, close: () => gate.close() };
}
