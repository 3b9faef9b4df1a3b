// Real services for tests. `sharedEnv()` is the stack that the whole run shares (started by global-setup.ts, always a
// fresh one, whatever the environment says): each test takes names of its own from `ownName()`. A test that breaks a
// service starts its own with `privateStack()`.
import { randomBytes } from 'node:crypto';
import { inject, onTestFinished } from 'vitest';
import { type Stack, type StackEnv, type StackOptions, startStack } from '../../deploy/stack/stack.mjs';
import { type Security, securityIn } from './security.ts';
import type { Environment } from './taskfold-process.ts';

/** The settings of the services: where they are, and in a secured project how one logs in. */
export type ServiceEnv = StackEnv & Environment;

declare module 'vitest' {
  interface ProvidedContext {
    /** which project this is */
    kind: 'plain' | 'secured';
    stackEnv: StackEnv;
    /** the listeners of the shared Kafka by name */
    kafkaPorts: Record<string, number>;
    securityFolder: string;
  }
}

export type { Service, Stack, StackEnv } from '../../deploy/stack/stack.mjs';

/** Where the run's shared services are. */
export function sharedEnv(): ServiceEnv {
  return inject('stackEnv') as ServiceEnv;
}

/** Certificates and passwords of the run. */
export function sharedSecurity(): Promise<Security> {
  return securityIn(inject('securityFolder'));
}

/** A name nobody else uses, for a topic, group or key prefix; `about` keeps it readable in logs. */
export function ownName(about: string): string {
  return `${about}-${randomBytes(4).toString('hex')}`;
}

/** Services for one test alone, on free ports and fresh data; they end with the test. Call it inside a test. */
export async function privateStack(options: StackOptions = {}): Promise<Stack> {
  const stack = await startStack({ ...options, options: { kafka: { brief: true }, ...options.options } });
  onTestFinished(() => stack.stop(), 60_000);
  return stack;
}
