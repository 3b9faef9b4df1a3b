// One writer schema of the input, resolved to ours: compiled once per writer id, used for every record. The reader is a
// variant of our schema made for this writer: it takes the writer's own names for records, and has the writer's own
// enum, or text, where ours has an enum. So a symbol arrives as the writer's text, known to the contract or not.

import avro from 'avsc';
import { schemaType } from './schema-file.ts';
import { strictType } from './strict-type.ts';

export interface CompiledWriter {
  readonly reader: avro.Type;
  readonly resolver: ReturnType<avro.Type['createResolver']>;
}

/** A writer schema as the registry gave it; `references`: the texts that it refers to, each after those that it needs. */
export interface WriterSchema {
  readonly text: string;
  readonly references: readonly string[];
}

const ours = schemaType('task-status.avsc');

/**
 * Compiles a resolver from the writer's schema to ours.
 * @throws Error if the text is no Avro schema, or a field of it cannot be read as ours
 */
export function compileWriter(schema: WriterSchema): CompiledWriter {
  const named: Record<string, avro.Type> = {};
  for (const reference of schema.references) strictType(JSON.parse(reference), named);
  const writer = strictType(JSON.parse(schema.text), named);
  const reader = strictType(new ReaderVariant().of(ours, writer));
  return { reader, resolver: reader.createResolver(writer, { ignoreNamespaces: true }) };
}

/** Builds the reader's schema. Each named type gets a name of its own, with the writer's as its alias. */
class ReaderVariant {
  #names = 0;

  of(our: avro.Type, writer: avro.Type): unknown {
    const theirs = branchesOf(writer);
    if (our instanceof avro.types.UnwrappedUnionType) {
      return our.types.map((branch) => (branch.typeName === 'null' ? 'null' : this.of(branch, writer)));
    }
    if (our instanceof avro.types.ArrayType) {
      const array = theirs.find((branch) => branch instanceof avro.types.ArrayType);
      return { type: 'array', items: array ? this.of(our.itemsType, array.itemsType) : this.#whole(our.itemsType) };
    }
    if (our instanceof avro.types.EnumType) return this.#symbols(our, theirs);
    if (our instanceof avro.types.RecordType) {
      const record = theirs.find((branch) => branch instanceof avro.types.RecordType);
      return record ? this.#record(our, record) : this.#whole(our);
    }
    return our.typeName;
  }

  #record(our: avro.types.RecordType, writer: avro.types.RecordType): unknown {
    const fields = our.fields.map(({ name, type, defaultValue }) => {
      const theirs = writer.field(name);
      return { name, type: theirs ? this.of(type, theirs.type) : this.#whole(type), default: defaultValue() };
    });
    return { type: 'record', ...this.#named(our, writer), fields };
  }

  #symbols(our: avro.types.EnumType, theirs: readonly avro.Type[]): unknown {
    const symbols = theirs.find((branch) => branch instanceof avro.types.EnumType);
    if (symbols) return { type: 'enum', ...this.#named(our, symbols), symbols: symbols.symbols };
    // Bytes read as text as well: Avro's own rule of promotion.
    return theirs.some((branch) => branch.typeName === 'string' || branch.typeName === 'bytes')
      ? 'string'
      : this.#whole(our);
  }

  /** Our type as it is: the writer has nothing like it, so it is never read, or the resolver refuses it. */
  #whole(our: avro.Type): unknown {
    return this.of(our, our);
  }

  #named(our: avro.Type, writer: avro.Type): { name: string; aliases: string[] } {
    this.#names++;
    return { name: `${our.name}_${this.#names}`, aliases: [writer.name ?? our.name!] };
  }
}

/** What a writer's field may hold: the branches of a union, or its one type. */
function branchesOf(writer: avro.Type): readonly avro.Type[] {
  const union = writer instanceof avro.types.UnwrappedUnionType || writer instanceof avro.types.WrappedUnionType;
  const branches = union ? writer.types : [writer];
  return branches.map((branch) => (branch instanceof avro.types.LogicalType ? branch.underlyingType : branch));
}
