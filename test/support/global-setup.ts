// Starts the one stack that all tests of the `services` project share, and ends it after the last. Its guard process
// ends it as well when the run is interrupted or killed. The Kafka of it has secured listeners too: the project
// `services-secured` uses the same broker by them (secured-setup.ts).
import type { TestProject } from 'vitest/node';
import { startStack } from '../../deploy/stack/stack.mjs';
import { RUN_FOLDER, SECURITY_FOLDER } from './run-folder.ts';
import { securityIn } from './security.ts';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const security = await securityIn(SECURITY_FOLDER);
  const stack = await startStack({
    data: RUN_FOLDER,
    removeData: true,
    options: { kafka: security.kafka },
    onProgress: (line) => process.stderr.write(`${line}\n`),
  });
  project.provide('kind', 'plain');
  project.provide('stackEnv', { ...stack.env });
  project.provide('kafkaPorts', { ...stack.kafka.ports });
  project.provide('securityFolder', SECURITY_FOLDER);
  return () => stack.stop();
}
