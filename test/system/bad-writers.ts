// The producers of bad records: our own schema, and foreign ones that no library for JavaScript numbers would write.

import { readFileSync } from 'node:fs';
import type { Environment } from '../support/taskfold-process.ts';
import { registerSchema, wireValue } from './raw-records.ts';

export interface BadWriters {
  /** an update under our own schema */
  update(fields: object): Buffer;
  /** an update whose symbols are texts */
  texts(fields: object): Buffer;
  /** an update whose symbols are those of a foreign enum: `waiting` and `Internal` */
  symbols(fields: object): Buffer;
  /** an update with this `error_count`, of any size */
  count(id: string, error_count: bigint): Buffer;
  /** a record whose job id is a number: it cannot be read as ours */
  wrong(id: string): Buffer;
  /** sound bytes under an id that the registry denies */
  unknown(fields: object): Buffer;
}

const OWN_SCHEMA_FILE = new URL('../../schemas/task-status.avsc', import.meta.url);
const UNKNOWN_ID = 0x7fff_ff00;

/** Registers their schemas, all but one in subjects of their own. */
export async function badWriters(env: Environment, topic: string): Promise<BadWriters> {
  const own = JSON.parse(readFileSync(OWN_SCHEMA_FILE, 'utf8')) as object;
  const texts = writerOf('OddTexts', { task_status: 'string', failure_reason: 'string', task_action: 'string' });
  const symbols = writerOf('OddSymbols', {
    task_status: { type: 'enum', name: 'OddStatus', symbols: ['idle', 'waiting'] },
    failure_reason: { type: 'enum', name: 'OddReason', symbols: ['Internal', 'none'] },
  });
  const counts = writerOf('OddCounts', { error_count: 'long' });
  const wrong = writerOf('OddIds', { internal_job_id: 'long' });
  const ids = {
    own: await registerSchema(env, `${topic}-value`, own),
    texts: await registerSchema(env, `${topic}-odd-texts`, texts),
    symbols: await registerSchema(env, `${topic}-odd-symbols`, symbols),
    counts: await registerSchema(env, `${topic}-odd-counts`, counts),
    wrong: await registerSchema(env, `${topic}-odd-ids`, wrong),
  };
  return {
    update: (fields) => wireValue(ids.own, own, fields),
    texts: (fields) => wireValue(ids.texts, texts, fields),
    symbols: (fields) => wireValue(ids.symbols, symbols, fields),
    count: (id, error_count) =>
      headed(ids.counts, Buffer.concat([zigzag(BigInt(Buffer.byteLength(id))), Buffer.from(id), zigzag(error_count)])),
    wrong: (id) => wireValue(ids.wrong, wrong, { internal_task_id: id, internal_job_id: 7 }),
    unknown: (fields) => headed(UNKNOWN_ID, wireValue(ids.own, own, fields).subarray(5)),
  };
}

/** A writer's schema: the task's id and these fields, by name and type. */
function writerOf(name: string, fields: Readonly<Record<string, string | object>>): object {
  const all = { internal_task_id: 'string', ...fields };
  return { type: 'record', name, fields: Object.entries(all).map(([field, type]) => ({ name: field, type })) };
}

function headed(schemaId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(schemaId, 1);
  return Buffer.concat([head, body]);
}

/** A long as Avro writes it. */
function zigzag(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = value >= 0n ? 2n * value : -2n * value - 1n;
  for (; left >= 128n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  bytes.push(Number(left));
  return Buffer.from(bytes);
}
