// The schemas are the source of truth: documented, open to readers of other versions, and the types follow them.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { schemaText, schemaType } from '../../src/avro/schema-file.ts';
import { strictType } from '../../src/avro/strict-type.ts';
import { FAILURE_KINDS } from '../../src/domain/notice.ts';
import {
  FAILURE_REASONS,
  PROCESSED_STATS,
  TASK_ACTIONS,
  TASK_STATUSES,
  UNRECOGNIZED,
} from '../../src/domain/task-state.ts';
import { type SchemaFile, topologyOf } from '../../src/topology.ts';
import { GOLDEN_FILE, goldenText } from './golden-vectors.ts';

const folder = join(import.meta.dirname, '..', '..', 'schemas');
const files = readdirSync(folder).filter((file) => file.endsWith('.avsc')) as SchemaFile[];

interface Part {
  type?: unknown;
  name?: string;
  doc?: string;
  default?: unknown;
  symbols?: string[];
  fields?: Part[];
  items?: unknown;
}

/** All parts of a schema that have a name: fields and named types. */
function namedParts(schema: unknown): Part[] {
  if (Array.isArray(schema)) return schema.flatMap(namedParts);
  if (typeof schema !== 'object' || schema === null) return [];
  const part = schema as Part;
  return [
    ...(part.name ? [part] : []),
    ...namedParts(part.type),
    ...namedParts(part.fields),
    ...namedParts(part.items),
  ];
}
const partsOf = (file: SchemaFile) => namedParts(JSON.parse(schemaText(file)));
const enumOf = (file: SchemaFile, name: string) => partsOf(file).find((part) => part.name === name && part.symbols);

test('there is one file for each topic with a schema, and none more', () => {
  const { topics } = topologyOf({ inputTopic: 'task-status', group: 'g' });
  const named = topics.flatMap(({ schema }) => (schema ? [schema.file] : []));
  expect(named.sort()).toEqual([...files].sort());
  expect(files.length).toBe(4);
});

describe.each(files)('%s', (file) => {
  test('has a doc on every field and every type', () => {
    const parts = partsOf(file);
    expect(parts.length).toBeGreaterThan(5);
    expect(parts.filter(({ doc }) => !doc || doc.length < 10).map(({ name }) => name)).toEqual([]);
  });

  test('has a default in every enum, so that an older reader survives a new symbol', () => {
    const enums = partsOf(file).filter(({ symbols }) => symbols);
    expect(
      enums.every(({ default: fallback, symbols }) => fallback === UNRECOGNIZED && symbols!.includes(UNRECOGNIZED)),
    ).toBe(true);
    for (const { name } of enums) {
      const writer = JSON.parse(schemaText(file), (_, part) =>
        part?.name === name && part.symbols ? { ...part, symbols: ['brand_new', ...part.symbols] } : part,
      );
      expect(() => schemaType(file).createResolver(strictType(writer))).not.toThrow();
    }
  });

  test('has null as default wherever null is allowed', () => {
    const nullable = partsOf(file).filter(({ type }) => Array.isArray(type));
    expect(
      nullable.filter(({ type, default: fallback }) => (type as unknown[])[0] !== 'null' || fallback !== null),
    ).toEqual([]);
  });
});

test('the input has every field optional, and nothing that counts narrower than a long', () => {
  const parts = partsOf('task-status.avsc').filter(({ fields, symbols }) => !fields && !symbols);
  const required = parts.filter(({ type }) => !Array.isArray(type) || type[0] !== 'null');
  expect(required.map(({ name }) => name)).toEqual([]);
  expect(schemaText('task-status.avsc')).not.toContain('"int"');
});

test("the input's enums are the contract's, in its order, and unrecognized", () => {
  expect(enumOf('task-status.avsc', 'JobStatusEnum')!.symbols).toEqual([...TASK_STATUSES, UNRECOGNIZED]);
  expect(enumOf('task-status.avsc', 'FailureReasonEnum')!.symbols).toEqual([...FAILURE_REASONS, UNRECOGNIZED]);
  expect(enumOf('task-status.avsc', 'TaskActionEnum')!.symbols).toEqual([...TASK_ACTIONS, UNRECOGNIZED]);
});

test("the failures' enums and sums are the domain's", () => {
  expect(enumOf('task-failures.avsc', 'FailureKind')!.symbols).toEqual([...FAILURE_KINDS, UNRECOGNIZED]);
  expect(enumOf('task-failures.avsc', 'JobStatusEnum')!.symbols).toEqual([...TASK_STATUSES, UNRECOGNIZED]);
  expect(enumOf('task-failures.avsc', 'FailureReasonEnum')!.symbols).toEqual([...FAILURE_REASONS, UNRECOGNIZED]);
  const sums = partsOf('task-failures.avsc').find(({ name }) => name === 'TaskProcessedSums')!;
  expect(sums.fields!.map(({ name }) => name)).toEqual([...PROCESSED_STATS]);
});

describe('the generated types', () => {
  const generator = 'generate.mjs';

  test('are what the schemas say now', () => {
    const output = execFileSync(process.execPath, [join(folder, generator), '--check'], { encoding: 'utf8' });
    expect(output).toContain('is up to date');
  });

  test('that are out of date are told with the cure, and the check fails', () => {
    const copy = mkdtempSync(join(tmpdir(), 'taskfold-schemas-'));
    onTestFinished(() => rmSync(copy, { recursive: true }));
    cpSync(folder, join(copy, 'schemas'), { recursive: true });
    mkdirSync(join(copy, 'src', 'domain'), { recursive: true });
    const generated = join(copy, 'src', 'domain', 'messages.generated.ts');
    const run = (...args: string[]) =>
      spawnSync(process.execPath, [join(copy, 'schemas', generator), ...args], { encoding: 'utf8', cwd: copy });

    expect(run('--check').status).toBe(1);
    expect(run().status).toBe(0);
    expect(run('--check').status).toBe(0);
    expect(readFileSync(generated, 'utf8')).toBe(
      readFileSync(join(folder, '..', 'src', 'domain', 'messages.generated.ts'), 'utf8'),
    );
    const schema = join(copy, 'schemas', 'task-status.avsc');
    writeFileSync(schema, readFileSync(schema, 'utf8').replace('"error_count"', '"fault_count"'));
    const late = run('--check');
    expect(late.status).toBe(1);
    expect(late.stderr).toContain('npm run generate');
  });
});

test('the golden vectors in the file are what our encoder and our partitioner make', () => {
  expect(readFileSync(GOLDEN_FILE, 'utf8')).toBe(goldenText());
});
