// Partitions that halt: for tests that make them halt on purpose.

import { expect } from 'vitest';
import type { HaltCode } from '../../src/pipeline/errors.ts';
import { type Deployment, until } from './deployment.ts';

/** So long a partition takes at most to halt, or to go on after its cure, ms. */
export const HALT_MS_MAX = 20_000;

/** Waits until as many partitions are halted, and expects them to be these, by these codes. */
export async function halted(deployment: Deployment, wanted: Readonly<Record<number, HaltCode>>): Promise<void> {
  const codes = async () => {
    const found = [...(await deployment.look()).values()].filter(({ halt }) => halt);
    return Object.fromEntries(found.map(({ partition, halt }) => [partition, halt!.code]));
  };
  await until('halted', HALT_MS_MAX, async () => Object.keys(await codes()).length >= Object.keys(wanted).length);
  expect(await codes()).toEqual(wanted);
}
