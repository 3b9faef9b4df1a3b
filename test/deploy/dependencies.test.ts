// docs/decisions/dependencies.md: whatever is taken from others stands there with its licence, and nothing else does.

import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<'dependencies' | 'devDependencies', Record<string, string>>;
const lock = JSON.parse(read('package-lock.json')) as {
  packages: Record<string, { license?: string; dev?: boolean; optional?: boolean }>;
};

interface Row {
  readonly name: string;
  readonly licence: string;
  readonly purpose: string;
  readonly reason: string;
}

/** The rows of each section, by its heading. */
const sections = new Map(
  read('docs/decisions/dependencies.md')
    .split(/^## /m)
    .slice(1)
    .map((text): [string, Row[]] => {
      const rows = [...text.matchAll(/^\| `([^`]+)` \| (.+?) \| (.+?) \| (.+) \|$/gm)].map(
        ([, name, licence, purpose, reason]) => ({
          name: name!,
          licence: licence!,
          purpose: purpose!,
          reason: reason!,
        }),
      );
      return [text.split('\n', 1)[0]!, rows];
    }),
);
const named = (...headings: string[]) => headings.flatMap((heading) => sections.get(heading)!.map(({ name }) => name));

test('each package stands in its list, once, and no other does', () => {
  expect([...sections.keys()]).toEqual(['While it runs', 'Built into the page', 'To build and test']);
  expect(named('While it runs').sort()).toEqual(Object.keys(manifest.dependencies).sort());
  expect(named('Built into the page', 'To build and test').sort()).toEqual(
    Object.keys(manifest.devDependencies).sort(),
  );
});

test('what is built into the page is what the page imports, types apart', () => {
  const files = globSync('src/web/**/*.{ts,tsx}', { cwd: root }).filter((file) => !file.endsWith('vite.config.ts'));
  const imports = files.flatMap((file) => [...read(file).matchAll(/^import (?!type\b).*? from '([^.'][^']*)'/gms)]);
  const packages = new Set(imports.map(([, from]) => from!.split('/')[0]!));
  expect([...packages].sort()).toEqual(named('Built into the page').sort());
  // And so it is shipped, and in the bill of materials.
  const listed = /BUILT_IN = new Set\(\[(.*?)\]\)/.exec(read('deploy/sbom.mjs'))![1]!;
  expect(listed.split(', ')).toEqual(named('Built into the page').map((name) => `'${name}'`));
});

test.each([...sections.values()].flat())('$name: the licence is the one that it comes with', ({ name, licence }) => {
  expect(licence).toBe(lock.packages[`node_modules/${name}`]!.license ?? licenceFileOf(name));
});

/** Permissive ones; the first of a choice counts. */
const TAKEN = /^\(?(MIT|ISC|Apache-2\.0|BSD-[23]-Clause|BlueOak-1\.0\.0)\b/;

test('what is shipped, and what that needs in turn, has a licence that may be taken', () => {
  const odd = Object.entries(lock.packages).filter(
    ([path, { license = '', dev }]) => path !== '' && dev !== true && !TAKEN.test(license),
  );
  // Neither has its licence in the manifest: the text of the first is read above, the others are builds of one package.
  const names = odd.map(([path]) => path.replace('node_modules/', '').replace(/-(darwin|linux|win32)-.*/, ''));
  expect([...new Set(names)]).toEqual(['@kafkajs/confluent-schema-registry', '@msgpackr-extract/msgpackr-extract']);
});

function licenceFileOf(name: string): string | undefined {
  return /^(\S+) License/.exec(read(`node_modules/${name}/LICENSE`))?.[1];
}
