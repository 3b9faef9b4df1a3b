// The published package: packed by npm, installed into an empty folder, and used there as a stranger would. It is packed
// from a copy, because packing builds `dist` anew and other tests may be running from it.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'taskfold-package-'));
const copy = join(work, 'checkout');
const consumer = join(work, 'consumer');
let packed: string[] = [];

/** Runs a command as a shell would, on this Node and with npm's own answers only. */
function run(cwd: string, command: string, ...args: string[]): string {
  const own = Object.entries(process.env).filter(([name]) => !/^npm_(config|lifecycle|package|command)/i.test(name));
  const path = [dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { ...Object.fromEntries(own), PATH: path, npm_config_update_notifier: 'false' };
  return execFileSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
  });
}

/** The dependencies, linked one by one: the build puts a link of its own beside them. */
function linkModules(): void {
  for (const folder of ['node_modules', 'node_modules/.bin']) {
    mkdirSync(join(copy, folder));
    for (const name of readdirSync(join(root, folder))) {
      if (name !== '.bin' && name !== 'taskfold') symlinkSync(join(root, folder, name), join(copy, folder, name));
    }
  }
}

beforeAll(() => {
  mkdirSync(copy);
  mkdirSync(consumer);
  const taken = ['deploy', 'schemas', 'src', 'package.json', 'package-lock.json', 'README.md', 'LICENSE', '.npmrc'];
  for (const name of [...taken, 'tsconfig.json', 'tsconfig.build.json']) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  linkModules();
  // What the build writes goes to standard output as well; npm's own answer is the JSON at the end.
  const answer = run(copy, 'npm', 'pack', '--json', '--pack-destination', work);
  const found = JSON.parse(answer.slice(answer.search(/^[[{]/m)));
  const [tarball] = (Array.isArray(found) ? found : Object.values(found)) as {
    filename: string;
    files: { path: string }[];
  }[];
  packed = tarball!.files.map(({ path }) => path);
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  run(consumer, 'npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', join(work, tarball!.filename));
});

afterAll(() => rmSync(work, { recursive: true, force: true }));

test('the package holds what runs and the schemas, and neither sources nor tests', () => {
  expect(packed).toEqual(expect.arrayContaining(['dist/cli/main.js', 'dist/index.js', 'dist/index.d.ts', 'LICENSE']));
  expect(packed).toContain('schemas/task-status.avsc');
  expect(packed).toContain('dist/web/index.html');
  expect(packed.filter((path) => /^(src|test|deploy|docs)\//.test(path) || /(?<!\.d)\.ts$/.test(path))).toEqual([]);
  // The scripts that Redis runs are files beside their adapter, and no compiler carries them along.
  expect(packed.filter((path) => path.endsWith('.lua')).length).toBeGreaterThan(0);
});

test('npx taskfold --help works where the package is installed', () => {
  const help = run(consumer, 'npx', '--no-install', 'taskfold', '--help');
  expect(help).toMatch(/Usage: taskfold/);
  expect(help).toContain('run');
});

test('npx taskfold --help works from the checkout itself', () => {
  expect(run(copy, 'npx', '--no-install', 'taskfold', '--help')).toMatch(/Usage: taskfold/);
});

test("import 'taskfold' gives what it says, and opens no connection", () => {
  const program = "import * as taskfold from 'taskfold'; console.log(JSON.stringify(Object.keys(taskfold)));";
  const names = JSON.parse(run(consumer, 'node', '--input-type=module', '-e', program)) as string[];
  expect(names.length).toBeGreaterThan(0);
});

test("import 'taskfold/read' gives the reads, and opens no connection", () => {
  const program =
    "import { openReads, InvalidCursor } from 'taskfold/read'; console.log(typeof openReads, typeof InvalidCursor);";
  expect(run(consumer, 'node', '--input-type=module', '-e', program)).toBe('function function\n');
});

test('a strict TypeScript project finds its types', () => {
  writeFileSync(
    join(consumer, 'use.ts'),
    "import * as taskfold from 'taskfold';\nimport type { Reads } from 'taskfold/read';\nexport type Page = Awaited<ReturnType<Reads['readTasks']>>;\nexport const names: string[] = Object.keys(taskfold);\n",
  );
  const options = ['--noEmit', '--strict', '--module', 'NodeNext', '--target', 'ES2024', '--skipLibCheck'];
  run(consumer, 'node', join(root, 'node_modules/typescript/bin/tsc'), ...options, 'use.ts');
});
