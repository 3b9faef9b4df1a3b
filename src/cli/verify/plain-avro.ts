// Avro's binary encoding once more, read by hand from the specification, for `taskfold verify`: the writer's schema says
// what the bytes are, and nothing is resolved or compiled. Slow and simple; no part of it is shared with src/avro.

import type { RejectReason } from '../../domain/outcome.ts';

/** Why the bytes are no record of their schema. */
export class PlainProblem extends Error {
  readonly reason: RejectReason;
  constructor(reason: RejectReason) {
    super(reason);
    this.reason = reason;
  }
}

/** A parsed schema with its named types found. Logical types are what they are made of. */
export type PlainSchema =
  | { readonly type: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string' }
  | { readonly type: 'fixed'; readonly size: number }
  | { readonly type: 'enum'; readonly symbols: readonly string[] }
  | { readonly type: 'array' | 'map'; readonly items: PlainSchema }
  | { readonly type: 'union'; readonly branches: readonly PlainSchema[] }
  | { readonly type: 'record'; readonly fields: { readonly name: string; readonly schema: PlainSchema }[] };

/**
 * @param json a schema as JSON.parse gave it
 * @param names full and short names of types that were defined before; the schema's own are added
 * @throws Error where it is no Avro schema
 */
export function plainSchema(json: unknown, names: Map<string, PlainSchema>, namespace = ''): PlainSchema {
  if (Array.isArray(json)) {
    return { type: 'union', branches: json.map((branch) => plainSchema(branch, names, namespace)) };
  }
  if (typeof json === 'string') {
    const known = names.get(json.includes('.') || namespace === '' ? json : `${namespace}.${json}`) ?? names.get(json);
    return known ?? primitive(json);
  }
  const { type, name, items, values, symbols, size, fields, ...rest } = json as Record<string, unknown>;
  if (typeof type !== 'string') return plainSchema(type, names, namespace);
  if (type === 'array' || type === 'map') {
    return { type, items: plainSchema(type === 'array' ? items : values, names, namespace) };
  }
  if (!['record', 'error', 'enum', 'fixed'].includes(type)) return plainSchema(type, names, namespace);
  if (typeof name !== 'string') throw new Error(`a ${type} without a name`);
  const dot = name.lastIndexOf('.');
  const space = dot >= 0 ? name.slice(0, dot) : typeof rest.namespace === 'string' ? rest.namespace : namespace;
  const define = (schema: PlainSchema): PlainSchema => {
    names.set(space === '' ? name.slice(dot + 1) : `${space}.${name.slice(dot + 1)}`, schema);
    return schema;
  };
  if (type === 'enum') return define({ type, symbols: symbols as string[] });
  if (type === 'fixed') return define({ type, size: size as number });
  const record = { type: 'record' as const, fields: [] as { name: string; schema: PlainSchema }[] };
  define(record);
  for (const field of fields as { name: string; type: unknown }[]) {
    record.fields.push({ name: field.name, schema: plainSchema(field.type, names, space) });
  }
  return record;
}

const PRIMITIVES = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const;

function primitive(name: string): PlainSchema {
  const type = PRIMITIVES.find((known) => known === name);
  if (type === undefined) throw new Error(`the type ${JSON.stringify(name)} is not defined`);
  return { type };
}

/** A value read: numbers as numbers where they are within ±(2^53−1), else as bigint. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Buffer
  | PlainValue[]
  | { [field: string]: PlainValue };

/** Reads one value from front to back. */
export class PlainReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  /** Bytes that are not read yet. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws PlainProblem */
  read(schema: PlainSchema): PlainValue {
    switch (schema.type) {
      case 'null':
        return null;
      case 'boolean':
        return this.#take(1)[0] !== 0;
      case 'int':
      case 'long':
        return this.#varint();
      case 'float':
        return this.#take(4).readFloatLE();
      case 'double':
        return this.#take(8).readDoubleLE();
      case 'bytes':
        return this.#take(this.#length());
      case 'string':
        return this.#take(this.#length()).toString('utf8');
      case 'fixed':
        return this.#take(schema.size);
      case 'enum':
        return this.#choice(schema.symbols);
      case 'union':
        return this.read(this.#choice(schema.branches));
      case 'array':
        return this.#blocks(() => this.read(schema.items));
      case 'map':
        return this.#blocks(() => [this.read({ type: 'string' }), this.read(schema.items)]);
      case 'record': {
        const record: { [field: string]: PlainValue } = {};
        for (const field of schema.fields) record[field.name] = this.read(field.schema);
        return record;
      }
    }
  }

  #take(count: number): Buffer {
    if (count > this.left) throw new PlainProblem('truncated');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  #length(): number {
    const length = this.#varint();
    if (length < 0) throw new PlainProblem('malformed');
    if (length > this.left) throw new PlainProblem('truncated');
    return Number(length);
  }

  #choice<T>(choices: readonly T[]): T {
    const choice = choices[Number(this.#varint())];
    if (choice === undefined) throw new PlainProblem('malformed');
    return choice;
  }

  /** An array or map: blocks of a count and so many items, until a count of 0; a negative count is followed by a size. */
  #blocks(item: () => PlainValue): PlainValue[] {
    const items: PlainValue[] = [];
    for (;;) {
      let count = this.#varint();
      if (count < 0) {
        count = -count;
        this.#varint();
      }
      if (count === 0) return items;
      // An item takes a byte at least; without this a flipped bit would have us count to 2^60.
      if (count > this.left) throw new PlainProblem('truncated');
      for (let i = 0; i < count; i++) items.push(item());
    }
  }

  /** Zig-zag, seven bits a byte, the lowest first. */
  #varint(): number | bigint {
    let bits = 0n;
    let small = 0;
    for (let index = 0; ; index++) {
      const byte = this.#take(1)[0]!;
      if (index < 4) small |= (byte & 0x7f) << (7 * index);
      else bits |= BigInt(byte & 0x7f) << BigInt(7 * index);
      if (byte < 0x80) {
        if (index < 4) return (small >>> 1) ^ -(small & 1);
        bits |= BigInt(small);
        const value = (bits >> 1n) ^ -(bits & 1n);
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : value;
      }
    }
  }
}
