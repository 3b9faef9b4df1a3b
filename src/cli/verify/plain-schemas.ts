// Writer schemas by id, fetched from the registry one after the other and kept: a plain reading of its HTTP interface,
// without anything of src/avro.

import { connectProblem, problemText } from '../../connect/connect-problem.ts';
import { getFromRegistry, type RegistryAccess } from '../../connect/registry-access.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { type PlainSchema, plainSchema } from './plain-avro.ts';
import { isReadable, type PlainWriter } from './plain-decode.ts';

interface Answer {
  readonly schema?: string;
  readonly schemaType?: string;
  readonly references?: readonly { readonly subject: string; readonly version: number }[];
}

export interface PlainSchemas {
  /** A writer of the input; `denied`: the registry knows no such id. @throws CommandFailure (exit 3) */
  writer(id: number): Promise<PlainWriter>;
  /** A schema of an outgoing event, or null where the registry knows none. @throws CommandFailure (exit 3) */
  event(id: number): Promise<PlainSchema | null>;
}

/** @param access how the registry is reached; what it says is read here */
export function createPlainSchemas(access: RegistryAccess, timeoutMs: number): PlainSchemas {
  const known = new Map<number, Promise<PlainSchema | 'denied' | 'unreadable'>>();

  async function get(path: string): Promise<Answer | null> {
    const reply = await getFromRegistry(access, path, timeoutMs).catch((error: unknown) => away(error));
    if (reply.status === 404) return null;
    if (reply.status !== 200) return away(new Error(`it answers with status ${reply.status}`));
    return JSON.parse(reply.body) as Answer;
  }

  async function define(answer: Answer, names: Map<string, PlainSchema>): Promise<PlainSchema> {
    for (const { subject, version } of answer.references ?? []) {
      const referred = await get(`/subjects/${encodeURIComponent(subject)}/versions/${version}`);
      if (referred === null) throw new Error(`version ${version} of ${subject} is unknown`);
      await define(referred, names);
    }
    return plainSchema(JSON.parse(answer.schema ?? ''), names);
  }

  async function load(id: number): Promise<PlainSchema | 'denied' | 'unreadable'> {
    // Ids are positive and fit 31 bits; some registries answer others with an error of their own.
    const answer = id < 1 || id > 0x7fffffff ? null : await get(`/schemas/ids/${id}`);
    if (answer === null) return 'denied';
    if ((answer.schemaType ?? 'AVRO') !== 'AVRO') return 'unreadable';
    try {
      return await define(answer, new Map());
    } catch (error) {
      if (error instanceof CommandFailure) throw error;
      return 'unreadable';
    }
  }

  function loadOnce(id: number): Promise<PlainSchema | 'denied' | 'unreadable'> {
    const loading = known.get(id) ?? load(id);
    known.set(id, loading);
    return loading;
  }

  return {
    async writer(id) {
      const schema = await loadOnce(id);
      if (schema === 'denied') return 'denied';
      return schema !== 'unreadable' && isReadable(schema) ? schema : 'incompatible';
    },
    async event(id) {
      const schema = await loadOnce(id);
      return typeof schema === 'string' ? null : schema;
    },
  };
}

function away(error: unknown): never {
  const problem = connectProblem('registry', error);
  const reason = problem !== null ? problemText(problem) : error instanceof Error ? error.message : String(error);
  throw new CommandFailure(`the schema registry does not answer (${reason})`, EXIT.unavailable);
}
