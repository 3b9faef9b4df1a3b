// Builds `dist`, the published package: JavaScript and declarations by tsc, the Lua scripts beside their adapters, and the
// live page by Vite, in `dist/web`.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, rmSync, symlinkSync } from 'node:fs';
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
const vite = join(dirname(require.resolve('vite/package.json')), 'bin', 'vite.js');
const page = join(root, 'src', 'web');
const building = [vite, 'build', page, '--config', join(page, 'vite.config.ts'), '--logLevel', 'warn'];
execFileSync(process.execPath, building, { stdio: 'inherit', cwd: root });
const command = join(root, 'dist', 'cli', 'main.js');
if (!existsSync(command)) throw new Error('the build wrote no dist/cli/main.js');

// npm links the commands of dependencies, never a package's own: `npx taskfold` in the checkout would install the
// checkout into npx's cache first, for seconds and over the network.
chmodSync(command, 0o755);
const commands = join(root, 'node_modules', '.bin');
if (existsSync(commands)) {
  rmSync(join(commands, 'taskfold'), { force: true });
  symlinkSync(join('..', '..', 'dist', 'cli', 'main.js'), join(commands, 'taskfold'));
}
