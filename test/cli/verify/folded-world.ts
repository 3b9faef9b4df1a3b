// A world for the tests of `taskfold verify`: topics and schemas of its own, records of every kind (also such as no
// decent client writes) lying in them, folded by a real processor that has left again.

import avro from 'avsc';
import { expect } from 'vitest';
import { schemaText } from '../../../src/avro/schema-file.ts';
import { withWireHead } from '../../../src/avro/wire-format.ts';
import type { CommandContext } from '../../../src/cli/command-context.ts';
import { createOutput } from '../../../src/cli/output.ts';
import { readConfig } from '../../../src/cli/read-config.ts';
import { plainHome } from '../../../src/cli/verify/plain-murmur2.ts';
import { verify } from '../../../src/cli/verify/verification.ts';
import { type VerifyDocument, verifyText } from '../../../src/cli/verify/verify-document.ts';
import { createLogger } from '../../../src/observe/logger.ts';
import { type RawRecord, rawProducer } from '../../kafka/raw-produce.ts';
import { type OwnNames, withTopics } from '../own-names.ts';
import { type Env, start, taskfold } from '../taskfold.ts';

export const TOKEN = 'credential-that-nobody-may-see';
export const PARTITIONS = 3;

export interface FoldedWorld {
  readonly names: OwnNames;
  readonly env: Env;
  /** Appends records to a partition of the input. */
  readonly append: (partition: number, records: readonly RawRecord[]) => Promise<void>;
  /** An update in our own schema, but with text for symbols, as bytes. */
  readonly bytes: (update: object) => Buffer;
  /** Registers another writer's schema; answers what makes its bytes. */
  readonly writer: (subject: string, schema: object) => Promise<(value: object) => Buffer>;
  /** Runs a processor until all is folded and sent, and stops it in order. */
  readonly fold: (...flags: string[]) => Promise<void>;
  /** What `taskfold verify` does, within this process; `names` overrides names of topics, as its flags do. */
  readonly verify: (names?: Readonly<Record<string, string>>, truth?: string) => Promise<VerifyDocument>;
}

/** @param settings further variables of the environment */
export async function foldedWorld(about: string, settings: Env = {}): Promise<FoldedWorld> {
  const names = await withTopics(about, PARTITIONS);
  const env = { ...names.env, ...settings };
  await done(taskfold(['schemas', 'register'], env));
  const own = await registered(`${names.input}-texts`, withTexts(JSON.parse(schemaText('task-status.avsc'))));
  return {
    names,
    env,
    append: rawProducer(names.input),
    bytes: own,
    writer: registered,
    async fold(...flags) {
      const run = start(['run', ...flags], env);
      const waited = await taskfold(['verify', '--wait', '60', '--limit', '0', '--json'], env);
      run.child.kill('SIGTERM');
      const { code, stderr } = await run.ended;
      if (code !== 0 || waited.stdout === '') throw new Error(`run: exit ${code}: ${stderr}; ${waited.stderr}`);
    },
    async verify(flags = {}, truth) {
      const closers: (() => unknown)[] = [];
      const { config, sources } = readConfig(env, flags);
      const context: CommandContext = {
        config,
        sources,
        output: createOutput(true, process),
        logger: createLogger({ level: 'silent', format: 'json', repeatMs: 0 }),
        signal: new AbortController().signal,
        closing: (close) => closers.push(close),
      };
      try {
        const document = await verify(context, { limit: 100, truth }, () => {});
        expect(`${JSON.stringify(document)}${verifyText(document)}`).not.toContain(TOKEN);
        return document;
      } finally {
        for (const close of closers) await close();
      }
    },
  };

  async function registered(subject: string, schema: object): Promise<(value: object) => Buffer> {
    const url = `${env.SCHEMA_REGISTRY_URL}/subjects/${encodeURIComponent(subject)}/versions`;
    const body = JSON.stringify({ schema: JSON.stringify(schema) });
    const headers = { 'content-type': 'application/vnd.schemaregistry.v1+json' };
    const response = await fetch(url, { method: 'POST', headers, body });
    const { id } = (await response.json()) as { id: number };
    const type = avro.Type.forSchema(schema as never);
    return (value) => withWireHead(id, type.toBuffer(value));
  }
}

/** The schema with text where it has enums: so the tests can write any symbol. */
function withTexts(schema: object): object {
  return JSON.parse(JSON.stringify(schema), (_, part: unknown) =>
    typeof part === 'object' && part !== null && 'type' in part && part.type === 'enum' ? 'string' : part,
  );
}

/** The home partition of a task, and a partition that is not. */
export function homeOf(task: string): number {
  return plainHome(task, PARTITIONS);
}
export function awayFrom(task: string): number {
  return (homeOf(task) + 1) % PARTITIONS;
}

/** A task id with this beginning whose home is the partition. */
export function taskAt(partition: number, beginning: string): string {
  for (let n = 0; ; n++) if (homeOf(`${beginning}${n}`) === partition) return `${beginning}${n}`;
}

async function done(running: Promise<{ code: number | null; stderr: string }>): Promise<void> {
  const { code, stderr } = await running;
  if (code !== 0) throw new Error(`exit ${code}: ${stderr}`);
}
