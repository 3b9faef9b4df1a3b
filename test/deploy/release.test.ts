// What goes out with a release: one version everywhere, a changelog of it, a bill of materials.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { version } from '../../src/cli/version.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const lock = JSON.parse(read('package-lock.json')) as {
  version: string;
  packages: Record<string, { version: string; dev?: boolean }>;
};

test('package, lock file, changelog and the documents that name an image agree on the version', () => {
  expect(lock.version).toBe(version());
  expect(/^## (\d+\.\d+\.\d+)/m.exec(read('CHANGELOG.md'))?.[1]).toBe(version());
  for (const file of ['deploy/Dockerfile', 'deploy/kubernetes/README.md', 'SECURITY.md']) {
    const named = [...read(file).matchAll(/\btaskfold:(\d+\.\d+\.\d+)/g)].map(([, found]) => found);
    expect(
      named.filter((one) => one !== version()),
      file,
    ).toEqual([]);
  }
});

interface Bill {
  readonly bomFormat: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly {
    readonly name: string;
    readonly version: string;
    readonly hashes?: unknown[];
    readonly 'bom-ref': string;
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

describe('the bill of materials', () => {
  const bill = JSON.parse(
    execFileSync(process.execPath, [join(root, 'deploy/sbom.mjs')], { encoding: 'utf8' }),
  ) as Bill;

  test('is CycloneDX, of this package', () => {
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(bill.metadata.component).toMatchObject({ name: 'taskfold', version: version() });
  });

  test('holds each package that the published one needs or has within its page, and no other', () => {
    const page = ['node_modules/preact', 'node_modules/uplot'];
    const shipped = Object.entries(lock.packages).filter(
      ([path, { dev }]) => path !== '' && (!dev || page.includes(path)),
    );
    const named = shipped.map(
      ([path, entry]) => `${path.slice(path.lastIndexOf('node_modules/') + 13)}@${entry.version}`,
    );
    expect(bill.components.map(({ name, version }) => `${name}@${version}`).sort()).toEqual([...new Set(named)].sort());
    expect(named).toContainEqual(expect.stringMatching(/^kafkajs@/));
  });

  test('says how they depend on each other, within itself', () => {
    const refs = new Set(['taskfold', ...bill.components.map((component) => component['bom-ref'])]);
    const named = bill.dependencies.flatMap(({ dependsOn }) => dependsOn);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((ref) => !refs.has(ref))).toEqual([]);
  });
});
