// The schema registry over HTTP, by the API client inside @kafkajs/confluent-schema-registry. What is around it in that
// package is not used: it caches without limit, recompiles for each message read with another schema, never times out.

import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { problemText } from '../connect/connect-problem.ts';
import { type RegistryOptions, registryAccess, registryProblem } from '../connect/registry-access.ts';
import type { WriterSchema } from './writer-schema.ts';

/** What the registry said. `refused` and `unavailable` say it for people, without credentials. */
export type RegistryAnswer<Value> =
  | { readonly kind: 'found'; readonly value: Value }
  | { readonly kind: 'absent' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string };

export interface RegistryClient {
  /** `refused`: the id is no Avro schema. `absent` is final only while {@link isRegistry} holds. */
  schemaById(id: number): Promise<RegistryAnswer<WriterSchema>>;
  /** Whether it is a registry that answers: a proxy without a backend says 404 to everything, too. */
  isRegistry(): Promise<RegistryAnswer<true>>;
  /** The id under which the subject has this schema; `absent`: it has not, or there is no such subject. */
  idOf(subject: string, text: string): Promise<RegistryAnswer<number>>;
  /** Whether the subject would take the schema as its next version; `absent`: there is no such subject yet. */
  wouldTake(subject: string, text: string): Promise<RegistryAnswer<boolean>>;
  /** Registers the schema, or finds it registered. `refused`: incompatible or invalid. The subject's settings stay. */
  register(subject: string, text: string): Promise<RegistryAnswer<number>>;
}

export type { RegistryOptions } from '../connect/registry-access.ts';

const CLIENT_ID = 'taskfold';
const REFERENCES_MAX = 100;

interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}
interface Found {
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly references?: readonly Reference[];
}

export function createRegistryClient(options: RegistryOptions): RegistryClient {
  const access = registryAccess(options);
  const { host, authorization, agent } = access;
  const client = new SchemaRegistry({
    host,
    clientId: CLIENT_ID,
    ...(agent === null ? {} : { agent }),
    ...(authorization === null ? {} : { middlewares: [authorizing(authorization)] }),
    // Whoever asks decides about asking again. The client merges this into a default that all its instances share.
    retry: { retries: 0 },
  });
  // Declared private, and the one way to the text of a schema.
  // biome-ignore lint/complexity/useLiteralKeys: a name in brackets is how TypeScript lets a private member be read
  const api = client['api'];

  /** One request with a time-out of its own, over all of it: the client has none. */
  async function ask(
    request: (limits: { signal: AbortSignal }) => Promise<{ data(): unknown }>,
  ): Promise<RegistryAnswer<unknown>> {
    const signal = AbortSignal.timeout(options.timeoutMs);
    try {
      return { kind: 'found', value: (await request({ signal })).data() };
    } catch (error) {
      if (signal.aborted) {
        return { kind: 'unavailable', message: `${host} gave no answer within ${options.timeoutMs} ms.` };
      }
      return answerOf(error) ?? { kind: 'unavailable', message: await whyNot(error) };
    }
  }

  async function whyNot(error: unknown): Promise<string> {
    const problem = await registryProblem(access, options.timeoutMs);
    if (problem !== null) return `${problemText(problem)}.`;
    // It answers now: what it said before is all that is known. A page would say too much.
    const said = wordsOf(error);
    return `${host} cannot be asked: ${said.startsWith('<') ? 'it answered with a web page' : said.slice(0, 300)}`;
  }

  /** Something answered that is no answer of a registry: what it is, as far as another look tells. */
  async function notARegistry(): Promise<{ kind: 'unavailable'; message: string }> {
    const problem = await registryProblem(access, options.timeoutMs);
    const said = problem === null ? null : `${problemText(problem)}.`;
    return {
      kind: 'unavailable',
      message: said ?? `${host} answers, but not as a schema registry: is this its base URL?`,
    };
  }

  async function idIn(answer: RegistryAnswer<unknown>): Promise<RegistryAnswer<number>> {
    if (answer.kind !== 'found') return answer;
    const id = (answer.value as { id?: unknown } | null)?.id;
    return typeof id === 'number' ? { kind: 'found', value: id } : notARegistry();
  }

  async function referencesOf(found: Found, seen: Map<string, string>): Promise<RegistryAnswer<true>> {
    for (const { name, subject, version } of found.references ?? []) {
      const key = `${name}\n${subject}\n${version}`;
      if (seen.has(key)) continue;
      if (seen.size >= REFERENCES_MAX) return { kind: 'refused', message: `more than ${REFERENCES_MAX} references` };
      const answer = await ask((limits) => api.Subject.version({ subject, version, ...limits }));
      if (answer.kind === 'absent') {
        return { kind: 'unavailable', message: `${host} does not know version ${version} of subject ${subject}.` };
      }
      if (answer.kind !== 'found') return answer;
      const referred = answer.value as Found;
      if (typeof referred?.schema !== 'string') return await notARegistry();
      const deeper = await referencesOf(referred, seen);
      if (deeper.kind !== 'found') return deeper;
      seen.set(key, referred.schema);
    }
    return { kind: 'found', value: true };
  }

  return {
    async schemaById(id) {
      const answer = await ask((limits) => api.Schema.find({ id, ...limits }));
      if (answer.kind !== 'found') return answer;
      const found = answer.value as Found;
      if (typeof found?.schema !== 'string') return await notARegistry();
      if (found.schemaType !== undefined && found.schemaType !== 'AVRO') {
        return { kind: 'refused', message: `it is of type ${String(found.schemaType)}, not Avro` };
      }
      const references = new Map<string, string>();
      const resolved = await referencesOf(found, references);
      if (resolved.kind !== 'found') return resolved;
      return { kind: 'found', value: { text: found.schema, references: [...references.values()] } };
    },

    async isRegistry() {
      const answer = await ask((limits) => api.Subject.all({ ...limits }));
      return answer.kind === 'found' && Array.isArray(answer.value)
        ? { kind: 'found', value: true }
        : answer.kind === 'unavailable'
          ? answer
          : await notARegistry();
    },

    async idOf(subject, text) {
      const body = { schema: text };
      return idIn(await ask((limits) => api.Subject.registered({ subject, body, ...limits })));
    },

    async wouldTake(subject, text) {
      const body = { schema: text };
      const answer = await ask((limits) => api.Subject.compatible({ subject, body, ...limits }));
      if (answer.kind !== 'found') return answer;
      const said = (answer.value as { is_compatible?: unknown } | null)?.is_compatible;
      return typeof said === 'boolean' ? { kind: 'found', value: said } : await notARegistry();
    },

    async register(subject, text) {
      const body = { schema: text };
      const answer = await idIn(await ask((limits) => api.Subject.register({ subject, body, ...limits })));
      if (answer.kind !== 'refused') return answer;
      // Processors that start together register together. Apicurio refuses the one that comes second, although the
      // schema is the same: then it is there now.
      const known = await idIn(await ask((limits) => api.Subject.registered({ subject, body, ...limits })));
      return known.kind === 'found' ? known : answer;
    },
  };
}

/** An answer of the registry's own, or null: it gave none. The client reports a refused connection as status 400. */
function answerOf(error: unknown): RegistryAnswer<never> | null {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (status === 404) return { kind: 'absent' };
  if (status === 409 || status === 422) return { kind: 'refused', message: wordsOf(error) };
  return null;
}

function wordsOf(error: unknown): string {
  const text = error instanceof Error ? error.message.replace(`${CLIENT_ID} - `, '') : String(error);
  return text.replace('Error, status 400: ', '');
}

type Middleware = NonNullable<ConstructorParameters<typeof SchemaRegistry>[0]['middlewares']>[number];

function authorizing(authorization: string): Middleware {
  return () => ({
    prepareRequest: async (next) => (await next()).enhance({ headers: { authorization } }),
  });
}
