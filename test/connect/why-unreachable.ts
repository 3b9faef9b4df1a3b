// What a command would say of a service with these settings, before it does anything.
import { CommandFailure } from '../../src/cli/command-failure.ts';
import { reachAll, type Service } from '../../src/cli/reach.ts';
import { readConfig } from '../../src/cli/read-config.ts';
import type { Environment } from '../support/taskfold-process.ts';

/** Message and cure in one text; null: the service can be used. */
export async function whyNot(service: Service, env: Environment): Promise<string | null> {
  try {
    await reachAll(readConfig(env).config, [service]);
    return null;
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    if (error.exitCode !== 3) throw new Error(`exit code ${error.exitCode}`);
    return `${error.message} | ${error.cure}`;
  }
}
