// Builds `dist`, the published package: JavaScript and declarations by tsc, and the Lua scripts beside their adapters.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json')], { stdio: 'inherit', cwd: root });
cpSync(join(root, 'src'), join(root, 'dist'), {
  recursive: true,
  filter: (from) => !/\.[^/.]+$/.test(from) || from.endsWith('.lua'),
});
if (!existsSync(join(root, 'dist', 'cli', 'main.js'))) throw new Error('the build wrote no dist/cli/main.js');
