// Whatever a page of the documentation, or a text of the command line, points to in this repository is there.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const files = (pattern: string) => globSync(pattern, { cwd: ROOT, exclude: ['node_modules', 'dist'] });

test('every link of a page leads to a file', () => {
  const pages = [...files('*.md'), ...files('docs/**/*.md'), ...files('deploy/**/*.md'), ...files('examples/**/*.md')];
  const links = pages.flatMap((page) =>
    [...readFileSync(join(ROOT, page), 'utf8').matchAll(/\]\(([^)#\s:]+)(?:#[^)]*)?\)/g)].map(([, to]) => ({
      page,
      to: to!,
    })),
  );
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter(({ page, to }) => !existsSync(join(ROOT, dirname(page), to)))).toEqual([]);
});

test('every page that the sources name is there', () => {
  const named = files('src/**/*.{ts,tsx,lua}').flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/docs\/[\w/-]+\.md/g)].map(([page]) => ({ file, page })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ page }) => !existsSync(join(ROOT, page)))).toEqual([]);
});
