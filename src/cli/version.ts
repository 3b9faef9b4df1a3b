// The version of the package, as package.json has it.

import { readFileSync } from 'node:fs';

let known: string | undefined;

export function version(): string {
  // Two levels up both from src/cli and from dist/cli.
  known ??= String(
    (JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version?: unknown }).version,
  );
  return known;
}
