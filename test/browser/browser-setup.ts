// What the browser's tests need beside the services: a Chromium, and the page as it is now.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { provideChromium } from '../../deploy/stack/chromium.mjs';

declare module 'vitest' {
  interface ProvidedContext {
    /** path of the executable */
    chromium: string;
  }
}

const root = join(import.meta.dirname, '../..');

export default async function setup(project: TestProject): Promise<void> {
  const vite = join(root, 'node_modules/vite/bin/vite.js');
  const page = join(root, 'src/web');
  const args = [vite, 'build', page, '--config', join(page, 'vite.config.ts'), '--logLevel', 'warn'];
  execFileSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  const onProgress = (line: string) => void process.stderr.write(`${line}\n`);
  project.provide('chromium', await provideChromium({ onProgress }));
}
