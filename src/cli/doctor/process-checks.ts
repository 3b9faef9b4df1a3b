// `taskfold doctor` on this process: its Node, and settings that work but are unwise.

import type { Config } from '../../config.ts';
import { parseRedisUrl } from '../../connect/redis-url.ts';
import { type Check, checksAbout } from './check.ts';

const { ok, warn, fail } = checksAbout('process');
const NODE_MAJOR_MIN = 24;

/** @param node as process.versions has it */
export function processChecks(config: Config, node: string): Check[] {
  const major = Number(node.split('.')[0]);
  const checks = [
    major >= NODE_MAJOR_MIN
      ? ok('node', `Node ${node}`)
      : fail(
          'node',
          `Node ${node}: ${NODE_MAJOR_MIN} or newer is needed`,
          `install Node ${NODE_MAJOR_MIN}, or use the image of deploy/Dockerfile`,
        ),
  ];
  if (config.kafka_sasl_mechanism === 'plain' && config.kafka_tls === 'off') {
    const message = 'KAFKA_SASL_MECHANISM is plain and KAFKA_TLS is off: the password crosses the network as it is';
    checks.push(warn('clear_password', message, 'KAFKA_TLS=on, or KAFKA_SASL_MECHANISM=scram-sha-512'));
  }
  const { schema_registry_username: user, schema_registry_token: token, schema_registry_url: registry } = config;
  const { protocol, password, hostname } = new URL(registry);
  if (protocol === 'http:' && (user !== '' || token !== '' || password !== '') && !isHere(hostname)) {
    const message = 'the registry gets our login over http: it crosses the network as it is';
    checks.push(warn('clear_password', message, 'SCHEMA_REGISTRY_URL=https://…'));
  }
  const redis = parseRedisUrl(config.redis_url);
  const secret = config.redis_password !== '' || redis?.password !== '';
  if (redis !== null && !redis.tls && secret && !redis.nodes.every(({ host }) => isHere(host))) {
    const message = 'Redis gets our password over redis:// : it crosses the network as it is';
    checks.push(warn('clear_password', message, 'REDIS_URL=rediss://…'));
  }
  return checks;
}

function isHere(host: string): boolean {
  return ['localhost', '127.0.0.1', '::1', '[::1]'].includes(host);
}
