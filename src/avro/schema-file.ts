// Reads our own schemas. They lie beside the sources and beside the built package alike.

import { readFileSync } from 'node:fs';
import type avro from 'avsc';
import type { SchemaFile } from '../topology.ts';
import { strictType } from './strict-type.ts';

/** The schema as text, without insignificant white space: what the registry gets. */
export function schemaText(file: SchemaFile): string {
  const text = readFileSync(new URL(`../../schemas/${file}`, import.meta.url), 'utf8');
  return JSON.stringify(JSON.parse(text));
}

/** The schema as a type that encodes and decodes. */
export function schemaType(file: SchemaFile): avro.Type {
  return strictType(JSON.parse(schemaText(file)));
}
