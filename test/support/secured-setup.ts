// The services of the project `services-secured`: the run's Kafka by its listener for logins over TLS, a Redis Cluster of
// three masters over TLS, the registry behind TLS and a login.
import type { TestProject } from 'vitest/node';
import { startStack } from '../../deploy/stack/stack.mjs';
import { RUN_FOLDER, SECURITY_FOLDER } from './run-folder.ts';
import { SECURED_REDIS, securedEnv, securedOptions } from './secured-stack.ts';
import { securityIn } from './security.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const security = await securityIn(SECURITY_FOLDER);
  const stack = await startStack({
    data: RUN_FOLDER,
    removeData: true,
    services: ['kafka', 'registry', ...SECURED_REDIS],
    options: securedOptions(security),
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  const { env, close } = await securedEnv(stack, security);
  project.provide('kind', 'secured');
  project.provide('stackEnv', { ...stack.env, ...env } as typeof stack.env);
  project.provide('kafkaPorts', { ...stack.kafka.ports });
  project.provide('securityFolder', SECURITY_FOLDER);
  return async () => {
    await close();
    await stack.stop();
  };
}
