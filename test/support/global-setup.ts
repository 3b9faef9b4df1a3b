// Starts the one stack that all tests of the `services` project share, and ends it after the last. Its guard process
// ends it as well when the run is interrupted or killed.
import type { TestProject } from 'vitest/node';
import { startStack } from '../../deploy/stack/stack.mjs';

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({ onProgress: (line) => process.stderr.write(`${line}\n`) });
  project.provide('stackEnv', stack.env);
  return () => stack.stop();
}
