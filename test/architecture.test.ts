// The shape of the house, checked: who may import whom (DESIGN.md shows the same table), which package belongs to which
// room, and the size and names of files.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');

// What may be imported, by room of src; an entry is a room or one file. Nothing may import what stands on no line.
const PLUMBING = ['observe', 'connect', 'config.ts', 'topology.ts'];
const NAMES = ['connect', 'topology.ts'];
// What the adapters implement: the ports themselves, the faults they throw, and the header that both sides know.
const PORTS = ['pipeline/ports.ts', 'pipeline/errors.ts', 'pipeline/source-header.ts'];
const EVERYTHING = ['*'];
const mayImport: Record<string, string[]> = {
  domain: [],
  pipeline: ['domain'],
  avro: ['domain', ...PORTS, ...NAMES],
  kafka: ['domain', ...PORTS, ...NAMES],
  redis: ['domain', ...PORTS, ...NAMES],
  engine: ['domain', 'avro', 'kafka'],
  read: ['domain', 'redis'],
  serve: ['domain', 'read', 'kafka', 'pipeline/errors.ts', ...PLUMBING],
  // The page knows the rest of Taskfold by the types of the API's documents alone: the next test.
  web: ['serve'],
  cli: EVERYTHING,
  observe: [],
  connect: ['setting.ts'],
  // The defaults of what the fold depends on are the domain's to say.
  'config.ts': ['domain/fold-settings.ts', 'connect/service-settings.ts', 'setting.ts'],
  'setting.ts': [],
  'topology.ts': [],
  'index.ts': EVERYTHING,
};

// One library, one room: what a client library does wrong has to be handled in one place.
const roomsOf: Record<string, string[]> = {
  kafkajs: ['kafka'],
  lz4js: ['kafka'],
  snappyjs: ['kafka'],
  ioredis: ['redis'],
  msgpackr: ['redis'],
  avsc: ['avro'],
  '@kafkajs/confluent-schema-registry': ['avro'],
  commander: ['cli'],
  fastify: ['serve'],
  '@fastify/static': ['serve'],
  '@fastify/swagger': ['serve'],
  '@fastify/rate-limit': ['serve'],
  'fastify-type-provider-zod': ['serve'],
  jose: ['serve'],
  pino: ['observe'],
  'prom-client': ['observe'],
};

// What node: offers that is a function of its arguments.
const PURE_OF_NODE = ['node:zlib', 'node:buffer'];

const LINES_MAX = 300;
const FORBIDDEN_NAMES = /^(utils?|helpers?|common|lib|managers?|types|misc)$/;

interface Import {
  file: string;
  target: string;
  typeOnly: boolean;
}

function filesBelow(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name) && !entry.parentPath.includes('node_modules'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

const sources = filesBelow('src', /\.(ts|mts|tsx)$/);

function importsOf(file: string): Import[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll(/^\s*(\/\/|\*|\/\*).*$/gm, '');
  const pattern = /^\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm;
  return [...text.matchAll(pattern)].map(([, type, named, dynamic]) => {
    return { file, target: (named ?? dynamic)!, typeOnly: type !== undefined };
  });
}

const imports = sources.flatMap(importsOf);

/** `src/kafka/wire.ts` is in room `kafka`; `src/config.ts` is a room of its own. */
function roomOf(file: string): string {
  return file.split('/')[1]!;
}

function isAllowed(file: string, target: string): boolean {
  const inSrc = target.replace(/^src\//, '');
  if (roomOf(file) === roomOf(target)) return true;
  const allowed = mayImport[file.replace(/^src\//, '')] ?? mayImport[roomOf(file)] ?? [];
  return allowed.includes('*') || allowed.includes(inSrc) || allowed.includes(roomOf(target));
}

describe('imports', () => {
  test('every room of src has its line in the table', () => {
    const rooms = new Set(sources.map(roomOf));
    expect([...rooms].filter((room) => !(room in mayImport))).toEqual([]);
  });

  test('a room imports only what the table allows', () => {
    const own = imports.filter(({ target }) => target.startsWith('.'));
    const wrong = own
      .map(({ file, target }) => ({ file, target: join(file, '..', target) }))
      .filter(({ file, target }) => !isAllowed(file, target));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
    // A pattern that finds no import would let everything pass.
    expect(own.length).toBeGreaterThan(sources.length / 2);
  });

  test('the page takes types of the API’s documents, in one file, and nothing that runs', () => {
    const ofPage = imports.filter(({ file }) => roomOf(file) === 'web');
    const beyond = ofPage.filter(
      ({ file, target }) => target.startsWith('.') && roomOf(join(file, '..', target)) !== 'web',
    );
    const wrong = beyond.filter(({ file, target, typeOnly }) => {
      return file !== 'src/web/documents.ts' || !typeOnly || !target.endsWith('-documents.ts');
    });
    expect(wrong).toEqual([]);
    expect(beyond.length).toBeGreaterThan(1);
    const packages = ofPage.filter(
      ({ file, typeOnly, target }) => !typeOnly && !/^[./]/.test(target) && !file.endsWith('vite.config.ts'),
    );
    expect(new Set(packages.map(({ target }) => target))).toEqual(new Set(['preact', 'preact/hooks', 'uplot']));
  });

  test('the second fold shares no rule with the first: of domain and pipeline it takes types and named constants', () => {
    const shared = sources
      .filter((file) => file.startsWith('src/cli/verify'))
      .flatMap((file) => {
        const text = readFileSync(join(root, file), 'utf8');
        const pattern = /^import \{([^}]*)\} from '[./]+\/(?:domain|pipeline)\/[^']+';/gm;
        const names = [...text.matchAll(pattern)].flatMap(([, list]) => list!.split(',').map((name) => name.trim()));
        return names.filter((name) => name !== '').map((name) => ({ file, name }));
      });
    expect(shared.length).toBeGreaterThan(10);
    expect(shared.filter(({ name }) => !/^(type \w+|[A-Z][A-Z0-9_]*)$/.test(name))).toEqual([]);
  });

  test('what runs before the install needs nothing that an install brings; of deploy/, only the demo knows src', () => {
    const deploy = filesBelow('deploy', /\.(ts|mjs)$/).flatMap(importsOf);
    const early = deploy.filter(({ file }) => file.endsWith('.mjs'));
    expect(early.filter(({ target }) => !/^(node:|\.{1,2}\/.*\.mjs$)/.test(target))).toEqual([]);
    expect(early.length).toBeGreaterThan(30);
    const ofSrc = deploy.filter(({ target }) => target.includes('/src/'));
    expect(ofSrc.filter(({ file }) => !file.startsWith('deploy/demo/'))).toEqual([]);
    expect(ofSrc.length).toBeGreaterThan(10);
  });

  test('the domain imports nothing, not even from node:', () => {
    const foreign = imports.filter(({ file, target }) => roomOf(file) === 'domain' && !target.startsWith('./'));
    expect(foreign.filter(({ target }) => !target.startsWith('../domain/')).map(({ file }) => file)).toEqual([]);
  });

  test('the pipeline imports neither package nor timer nor network, so that the simulator runs all of it', () => {
    const outside = imports.filter(({ file, target }) => roomOf(file) === 'pipeline' && !target.startsWith('.'));
    const wrong = outside.filter(({ target }) => !PURE_OF_NODE.includes(target));
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  test('a library is imported by its own room only', () => {
    const wrong = imports.filter(({ file, target, typeOnly }) => {
      const library = Object.keys(roomsOf).find((name) => target === name || target.startsWith(`${name}/`));
      // A type alone brings no behaviour with it, and is gone after the compiler.
      return library !== undefined && !typeOnly && !roomsOf[library]!.includes(roomOf(file));
    });
    expect(wrong.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });
});

describe('files', () => {
  const code = ['src', 'test', 'schemas', 'deploy', '.ci'].flatMap((folder) =>
    filesBelow(folder, /\.(ts|tsx|css|mts|mjs|lua)$/),
  );
  const written = code.filter((file) => !file.includes('.generated.'));

  test(`no file is longer than ${LINES_MAX} lines: a longer one has taken on a second job`, () => {
    const lines = (file: string) => readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length;
    // A table of hand-worked cases has one job however many cases it holds.
    const long = written.filter((file) => !file.endsWith('-vectors.ts') && lines(file) > LINES_MAX);
    expect(long.map((file) => `${file}: ${lines(file)} lines`)).toEqual([]);
  });

  test('every file opens with its job and its place; those of a test are its titles', () => {
    const opening = /^(#!.*\n)?(\/\/ |\/\*|--)/;
    const silent = written.filter((file) => !opening.test(readFileSync(join(root, file), 'utf8')));
    expect(silent.filter((file) => !file.endsWith('.test.ts'))).toEqual([]);
  });

  test('no file or folder has a name that says nothing of its job', () => {
    const parts = (file: string) => file.split('/').map((part) => basename(part).split('.')[0]!);
    expect(code.filter((file) => parts(file).some((part) => FORBIDDEN_NAMES.test(part)))).toEqual([]);
  });

  test('source files have kebab-case names', () => {
    expect(code.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)+$/.test(basename(file)))).toEqual([]);
  });
});
