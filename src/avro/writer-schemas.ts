// The writer schemas that records name: loaded by id, compiled once, kept. Answers of the registry that something is
// wrong are kept too, each for as long as it is sound.

import { setTimeout as sleep } from 'node:timers/promises';
import type { RegistryClient } from './registry-client.ts';
import { SCHEMA_ID_MAX } from './wire-format.ts';
import { type CompiledWriter, compileWriter } from './writer-schema.ts';

/** What is known of an id. */
export type WriterEntry =
  | ({ readonly kind: 'ready' } & CompiledWriter)
  /** the schema can never be read as ours */
  | { readonly kind: 'incompatible' }
  /** the registry denied it, for as long as was asked, until `askedAt` (monotonic, ms) */
  | { readonly kind: 'denied'; readonly askedAt: number };

export type LoadOutcome = 'known' | 'denied' | 'unavailable';

export interface WriterSchemasOptions {
  readonly registry: RegistryClient;
  /** how long the registry has to deny an id until it is believed, ms */
  readonly unknownSchemaWaitMs: number;
  /** told what is wrong, in a sentence; the same one at most every 30 s */
  readonly onProblem?: (message: string) => void;
}

/** Ids whose schema is kept, and denied ids that are remembered. The least recently loaded goes first. */
const KNOWN_MAX = 1_000;
const DENIED_MAX = 10_000;
/** Requests under way at a time. */
const REQUESTS_MAX = 8;
/** A denial this young is not asked again. ms */
const DENIED_FRESH_MS = 1_000;
/** Pauses between questions about an id that is denied, ms; the last one repeats. */
const PAUSES_MS = [50, 100, 250, 500, 1_000];
const PROBLEM_REPEAT_MS = 30_000;
const PROBLEMS_MAX = 1_000;

export class WriterSchemas {
  readonly #options: WriterSchemasOptions;
  // Maps keep the order of insertion: the first one is the least recently loaded.
  readonly #known = new Map<number, WriterEntry>();
  readonly #denied = new Map<number, WriterEntry & { kind: 'denied' }>();
  readonly #loading = new Map<number, Promise<LoadOutcome>>();
  readonly #told = new Map<string, number>();
  #requests = 0;
  readonly #waiting: (() => void)[] = [];
  #confirming: Promise<boolean> | null = null;

  constructor(options: WriterSchemasOptions) {
    this.#options = options;
  }

  /** What is known of the id; undefined: it was never loaded, or long ago. */
  entry(id: number): WriterEntry | undefined {
    return this.#known.get(id) ?? this.#denied.get(id);
  }

  /** Loads the ids that are not known, all at once; each is under way only once, whoever asks. */
  async load(ids: ReadonlySet<number>): Promise<Map<number, LoadOutcome>> {
    const outcomes = new Map<number, LoadOutcome>();
    const loads: Promise<unknown>[] = [];
    for (const id of ids) {
      const known = this.#known.get(id);
      if (known !== undefined) {
        remember(this.#known, id, known, KNOWN_MAX);
        outcomes.set(id, 'known');
      } else loads.push(this.#loadOnce(id).then((outcome) => outcomes.set(id, outcome)));
    }
    if (loads.length > 0) await Promise.all(loads);
    return outcomes;
  }

  #loadOnce(id: number): Promise<LoadOutcome> {
    let loading = this.#loading.get(id);
    if (loading === undefined) {
      loading = this.#load(id).finally(() => this.#loading.delete(id));
      this.#loading.set(id, loading);
    }
    return loading;
  }

  async #load(id: number): Promise<LoadOutcome> {
    // No registry gives out such an id, and some answer with an error of their own.
    if (id < 1 || id > SCHEMA_ID_MAX) return this.#deny(id);
    const before = this.#denied.get(id);
    if (before !== undefined && performance.now() - before.askedAt < DENIED_FRESH_MS) return 'denied';
    let deniedSince: number | null = null;
    for (let asked = 0; ; asked++) {
      const answer = await this.#ask(id);
      if (answer !== 'absent') return answer;
      const now = performance.now();
      deniedSince ??= now;
      // An id that was denied for long enough before needs no second wait.
      const left = before === undefined ? this.#options.unknownSchemaWaitMs - (now - deniedSince) : 0;
      if (left <= 0) return (await this.#confirmDenial()) ? this.#deny(id) : 'unavailable';
      await sleep(Math.min(left, PAUSES_MS[Math.min(asked, PAUSES_MS.length - 1)]!));
    }
  }

  async #ask(id: number): Promise<'known' | 'unavailable' | 'absent'> {
    const answer = await this.#inTurn(() => this.#options.registry.schemaById(id));
    switch (answer.kind) {
      case 'absent':
        return 'absent';
      case 'unavailable':
        this.#tell(`Schema ${id} cannot be loaded: ${answer.message}`);
        return 'unavailable';
      case 'refused':
        return this.#know(id, { kind: 'incompatible' }, `Schema ${id} cannot be read as ours: ${answer.message}.`);
      case 'found':
        try {
          return this.#know(id, { kind: 'ready', ...compileWriter(answer.value) });
        } catch (error) {
          const why = (error instanceof Error ? error.message : String(error)).slice(0, 300);
          return this.#know(id, { kind: 'incompatible' }, `Schema ${id} cannot be read as ours: ${why}.`);
        }
    }
  }

  #know(id: number, entry: WriterEntry, problem?: string): 'known' {
    if (problem !== undefined) this.#tell(problem);
    this.#denied.delete(id);
    remember(this.#known, id, entry, KNOWN_MAX);
    return 'known';
  }

  #deny(id: number): 'denied' {
    remember(this.#denied, id, { kind: 'denied', askedAt: performance.now() }, DENIED_MAX);
    return 'denied';
  }

  /** Whether it is the registry that denies, and not something before it. One question for all that ask at once. */
  #confirmDenial(): Promise<boolean> {
    this.#confirming ??= this.#inTurn(() => this.#options.registry.isRegistry())
      .then((answer) => {
        if (answer.kind === 'found') return true;
        this.#tell(`Schemas cannot be loaded: ${answer.kind === 'absent' ? 'there is no registry.' : answer.message}`);
        return false;
      })
      .finally(() => {
        this.#confirming = null;
      });
    return this.#confirming;
  }

  async #inTurn<Result>(request: () => Promise<Result>): Promise<Result> {
    if (this.#requests >= REQUESTS_MAX) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#requests++;
    try {
      return await request();
    } finally {
      // The place goes to the next in line, if there is one.
      const next = this.#waiting.shift();
      if (next === undefined) this.#requests--;
      else next();
    }
  }

  #tell(message: string): void {
    const now = performance.now();
    const last = this.#told.get(message);
    if (last !== undefined && now - last < PROBLEM_REPEAT_MS) return;
    remember(this.#told, message, now, PROBLEMS_MAX);
    this.#options.onProblem?.(message);
  }
}

/** Puts the entry last, and lets the first one go where there are too many. */
function remember<Key, Value>(map: Map<Key, Value>, key: Key, value: Value, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > max) map.delete(map.keys().next().value!);
}
