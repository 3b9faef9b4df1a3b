// Generates the TypeScript interfaces of all messages from the Avro schemas beside this file.
// `npm run generate` writes src/domain/messages.generated.ts; `npm run generate -- --check` exits 1 if that is out of date.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '..', 'src', 'domain', 'messages.generated.ts');

const PRIMITIVES = {
  string: 'string',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Uint8Array',
};

/** The input's enums are text: the decoder hands over the raw symbol of the writer, known or not. */
const TEXT_ENUMS_IN = 'task-status.avsc';

const HEAD = `// Generated from schemas/*.avsc by \`npm run generate\`: do not edit.
// The messages of all topics, in the contract's names. Null or absent: not reported, which is not zero.
`;

/** All schema files, the input's first. */
function schemaFiles() {
  const files = readdirSync(here).filter((file) => file.endsWith('.avsc'));
  return files.sort((a, b) => Number(b === TEXT_ENUMS_IN) - Number(a === TEXT_ENUMS_IN) || (a < b ? -1 : 1));
}

/** Collects the interfaces of one schema file into `interfaces` (name → text), outermost first. */
function interfacesOf(file, interfaces) {
  const named = new Map();
  const tsType = (schema) => {
    if (Array.isArray(schema)) return schema.map(tsType).join(' | ');
    if (schema === 'null') return 'null';
    if (typeof schema === 'string')
      return PRIMITIVES[schema] ?? named.get(schema) ?? fail(file, `unknown type ${schema}`);
    switch (schema.type) {
      case 'record': {
        named.set(schema.name, schema.name);
        addInterface(schema);
        return schema.name;
      }
      case 'enum': {
        const text = file === TEXT_ENUMS_IN ? 'string' : schema.symbols.map((symbol) => `'${symbol}'`).join(' | ');
        named.set(schema.name, text);
        return text;
      }
      case 'array': {
        const items = tsType(schema.items);
        return `readonly ${items.includes(' ') ? `(${items})` : items}[]`;
      }
      default:
        return tsType(schema.type);
    }
  };
  const addInterface = (record) => {
    // Takes its place before the records that it contains, so that the file reads from the outside in.
    const earlier = interfaces.get(record.name);
    interfaces.set(record.name, earlier ?? '');
    const lines = record.fields.flatMap((field) => [...doc(field.doc, '  '), ...property(field)]);
    const text = [...doc(record.doc, ''), `export interface ${record.name} {`, ...lines, '}'].join('\n');
    if (earlier !== undefined && earlier !== text)
      fail(file, `${record.name} differs from its namesake in another file`);
    interfaces.set(record.name, text);
  };
  const property = (field) => {
    const optional = Object.hasOwn(field, 'default');
    const branches = Array.isArray(field.type) ? field.type : [field.type];
    const type = branches
      .filter((branch) => branch !== 'null')
      .map(tsType)
      .concat(branches.includes('null') ? ['null'] : [])
      .join(' | ');
    const line = `  readonly ${field.name}${optional ? '?' : ''}: ${type};`;
    if (line.length <= 120) return [line];
    return [`  readonly ${field.name}${optional ? '?' : ''}:`, ...type.split(' | ').map((part) => `    | ${part}`)].map(
      (part, i, all) => (i === all.length - 1 ? `${part};` : part),
    );
  };
  const schema = JSON.parse(readFileSync(join(here, file), 'utf8'));
  tsType(schema);
}

function doc(text, indent) {
  if (!text) return [];
  return [`${indent}/** ${text.replaceAll('*/', '* /')} */`];
}

function fail(file, message) {
  throw new Error(`schemas/${file}: ${message}`);
}

const interfaces = new Map();
for (const file of schemaFiles()) interfacesOf(file, interfaces);
const generated = `${HEAD}\n${[...interfaces.values()].join('\n\n')}\n`;

const shown = relative(process.cwd(), target) || target;
if (process.argv.includes('--check')) {
  let present = '';
  try {
    present = readFileSync(target, 'utf8');
  } catch {
    // A missing file is out of date like any other.
  }
  if (present !== generated) {
    console.error(
      `${shown} is out of date: schemas/*.avsc say something else. Run \`npm run generate\` and commit the result.`,
    );
    process.exitCode = 1;
  } else {
    console.log(`${shown} is up to date.`);
  }
} else {
  writeFileSync(target, generated);
  console.log(`wrote ${shown}`);
}
