// JSON → TaskStatusDetail, as people and HTTP write it: the contract's snake_case names or the camelCase ones of the
// engines' HTTP interface, side by side. Errors name the field, and never its value: it could be a token.

import avro from 'avsc';
import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import { NUMBER_MAX } from '../domain/validate.ts';
import { schemaType } from './schema-file.ts';

/** The JSON is no update. `field` is a path like `inputs[2].processed_count`; empty for the whole. */
export class UnfitUpdate extends Error {
  readonly field: string;
  constructor(field: string, problem: string) {
    super(field === '' ? problem : `${field}: ${problem}`);
    this.name = 'UnfitUpdate';
    this.field = field;
  }
}

/** Fields whose text is JSON: any JSON value is taken as well, and written down as text. */
const JSON_TEXTS: ReadonlySet<string> = new Set(['error_details', 'task_output', 'payload_json']);
/** Records that may carry properties beyond the contract's, by the contract. */
const OPEN_RECORDS: ReadonlySet<string> = new Set(['TaskIOStatus']);
const UPPER_CASE: Readonly<Record<string, string>> = { id: 'ID', cpu: 'CPU', tdo: 'TDO', json: 'JSON' };

const root = schemaType('task-status.avsc');
const namesOf = new Map<avro.types.RecordType, ReadonlyMap<string, avro.types.Field>>();

/** The name on the engines' HTTP interface: `internal_task_id` is `internalTaskID` there. */
export function wireName(field: string): string {
  const [first, ...rest] = field.split('_');
  return first + rest.map((part) => UPPER_CASE[part] ?? part[0]!.toUpperCase() + part.slice(1)).join('');
}

/**
 * The update that a parsed JSON value is. Null and absent are the same. Symbols of enums are not checked: what the
 * contract does not know is for the encoder to say.
 * @throws UnfitUpdate for an unknown or doubled field, or a value of another type; numbers are whole, at most ±(2^53−2)
 */
export function updateFromJson(json: unknown): TaskStatusDetail {
  return read(root, json, '') as TaskStatusDetail;
}

function read(type: avro.Type, json: unknown, path: string): unknown {
  if (type instanceof avro.types.UnwrappedUnionType) {
    if (json === null || json === undefined) return null;
    return read(type.types.find((branch) => branch.typeName !== 'null')!, json, path);
  }
  if (type instanceof avro.types.RecordType) return readRecord(type, json, path);
  if (type instanceof avro.types.ArrayType) {
    if (!Array.isArray(json)) throw unfit(path, 'an array', json);
    return json.map((item, i) => read(type.itemsType, item, `${path}[${i}]`));
  }
  switch (type.typeName) {
    case 'boolean':
      if (typeof json !== 'boolean') throw unfit(path, 'true or false', json);
      return json;
    case 'long':
      if (typeof json !== 'number') throw unfit(path, 'a number', json);
      if (!Number.isInteger(json)) throw new UnfitUpdate(path, 'the number is not whole');
      if (Math.abs(json) > NUMBER_MAX) throw new UnfitUpdate(path, 'the number is beyond 2^53-2');
      return json;
    default:
      if (typeof json !== 'string') throw unfit(path, 'a text', json);
      return json;
  }
}

function readRecord(type: avro.types.RecordType, json: unknown, path: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw unfit(path, 'an object', json);
  const names = namesFor(type);
  const record: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(json)) {
    const field = names.get(name);
    const at = path === '' ? name : `${path}.${name}`;
    if (field === undefined) {
      if (OPEN_RECORDS.has(unqualified(type.name!))) continue;
      throw new UnfitUpdate(at, `${unqualified(type.name!)} has no such field`);
    }
    if (Object.hasOwn(record, field.name)) throw new UnfitUpdate(at, `${field.name} is given under both of its names`);
    const isText = typeof value === 'string' || value === null || value === undefined;
    record[field.name] = JSON_TEXTS.has(field.name) && !isText ? JSON.stringify(value) : read(field.type, value, at);
  }
  return record;
}

function namesFor(type: avro.types.RecordType): ReadonlyMap<string, avro.types.Field> {
  let names = namesOf.get(type);
  if (names === undefined) {
    names = new Map(type.fields.flatMap((field) => [field.name, wireName(field.name)].map((name) => [name, field])));
    namesOf.set(type, names);
  }
  return names;
}

function unqualified(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

function unfit(path: string, wanted: string, json: unknown): UnfitUpdate {
  const kind = Array.isArray(json) ? 'an array' : typeof json === 'object' ? 'an object' : `a ${typeof json}`;
  const got = json === null || json === undefined ? 'nothing' : kind;
  return new UnfitUpdate(path, `${wanted} is wanted, and ${got} is given`);
}
