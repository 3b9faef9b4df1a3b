// Record bytes → TaskStatusDetail: Confluent wire format, any writer schema of the subject's history, resolved to ours.
// The hot path of the processor: no promise, no copy of the bytes, one resolver a writer id.

import type { TaskStatusDetail } from '../domain/messages.generated.ts';
import type { RejectReason } from '../domain/outcome.ts';
import type { Decoded, UpdateDecoder } from '../pipeline/ports.ts';
import { CountBeyondBytes } from './bounded-collections.ts';
import { NumberOutOfRange } from './exact-integers.ts';
import type { RegistryClient } from './registry-client.ts';
import { schemaIdOf, WIRE_HEAD_BYTES, wireProblem } from './wire-format.ts';
import { type WriterEntry, WriterSchemas } from './writer-schemas.ts';

export interface UpdateDecoderOptions {
  readonly registry: RegistryClient;
  /** how long the registry has to deny an id until it is believed; default 5,000 ms */
  readonly unknownSchemaWaitMs?: number;
  /** told what is wrong with the registry or a schema, in a sentence; the same one at most every 30 s */
  readonly onProblem?: (message: string) => void;
}

const WIRE_DETAILS = {
  tombstone: 'The record has no value.',
  too_short: 'The value is shorter than the five bytes before the Avro body.',
  wrong_magic_byte: 'The value does not begin with a zero byte.',
} as const;

/**
 * The decoder of the input. `decode` answers for every byte sequence and never throws for one; it throws an Error where
 * the writer schema was not loaded before, which is a fault of the caller.
 */
export function createUpdateDecoder(options: UpdateDecoderOptions): UpdateDecoder {
  const { registry, onProblem } = options;
  const unknownSchemaWaitMs = options.unknownSchemaWaitMs ?? 5_000;
  const schemas = new WriterSchemas({ registry, unknownSchemaWaitMs, ...(onProblem ? { onProblem } : {}) });
  // Most records name the same schema as the one before them.
  let lastId = -1;
  let last: WriterEntry | undefined;

  return {
    schemaIdOf: (value) => (value !== null && wireProblem(value) === null ? schemaIdOf(value) : null),
    load: (ids) => schemas.load(ids),
    decode(value) {
      const problem = wireProblem(value);
      if (problem !== null) return reject(problem, WIRE_DETAILS[problem]);
      const id = schemaIdOf(value!);
      if (id !== lastId || last?.kind !== 'ready') {
        last = schemas.entry(id);
        lastId = id;
      }
      if (last?.kind === 'ready') return decodeBody(value!, last);
      if (last === undefined)
        throw new Error(`Schema ${id} has to be loaded before a record that names it is decoded.`);
      return last.kind === 'denied'
        ? reject('unknown_schema', `The registry denies schema ${id}.`)
        : reject('incompatible_schema', `Schema ${id} cannot be read as TaskStatusDetail.`);
    },
  };
}

function decodeBody(value: Buffer, writer: WriterEntry & { kind: 'ready' }): Decoded {
  let offset: number;
  let update: TaskStatusDetail;
  try {
    const decoded = writer.reader.decode(value, WIRE_HEAD_BYTES, writer.resolver);
    offset = decoded.offset;
    update = decoded.value;
  } catch (error) {
    if (error instanceof CountBeyondBytes) return truncated();
    if (error instanceof NumberOutOfRange) return reject('number_out_of_range', 'A number is beyond 2^53-2.');
    return reject('malformed', 'The Avro body does not follow its schema.');
  }
  if (offset === value.length) return { kind: 'update', update };
  if (offset < 0) return truncated();
  return reject('trailing_bytes', `${value.length - offset} bytes are left behind the Avro body.`);
}

function truncated(): Decoded {
  return reject('truncated', 'The Avro body ends too early.');
}

function reject(reason: RejectReason, detail: string): Decoded {
  return { kind: 'reject', reason, detail };
}
