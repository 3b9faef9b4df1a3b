// `taskfold schemas register|check`: our schemas in the registry, one subject a topic.

import type { Command } from 'commander';
import { createRegistryClient, type RegistryAnswer, type RegistryClient } from '../avro/registry-client.ts';
import { schemaText } from '../avro/schema-file.ts';
import type { Config } from '../config.ts';
import { type CommandContext, defineCommand, defineGroup } from './command-context.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { table } from './output.ts';
import { registryOptions } from './service-targets.ts';
import { topologyOfConfig } from './topology-of-config.ts';

export interface SchemaReport {
  readonly subject: string;
  readonly file: string;
  /** `registered`: it was not there before. `refused`: it contradicts an earlier version of the subject. */
  readonly state: 'registered' | 'exists' | 'missing' | 'refused';
  readonly id?: number;
  /** why it was refused, in the registry's words */
  readonly reason?: string;
}

export function schemasCommand(): Command {
  return defineGroup('schemas', 'register and check the Avro schemas', [registerCommand(), checkCommand()]);
}

function registerCommand(): Command {
  return defineCommand({
    name: 'register',
    summary: 'register our schemas where they are missing',
    description:
      "Registers the schema of each topic under `<topic>-value`. A subject's compatibility setting stays as it is; a schema that " +
      'the registry refuses is told with its reason, and the command exits 1.',
    examples: [['schemas register', 'before the first engine publishes']],
    settings: ['services', 'names'],
    needs: ['registry'],
    run: (context) => report(context, registerSchemas(context.config)),
  });
}

function checkCommand(): Command {
  return defineCommand({
    name: 'check',
    summary: 'say whether our schemas are registered, or could be',
    description: 'Changes nothing. Exits 1 if a schema is missing, or would be refused.',
    examples: [['schemas check --json', 'for a deployment pipeline']],
    settings: ['services', 'names'],
    needs: ['registry'],
    run: (context) => report(context, checkSchemas(context.config)),
  });
}

async function report({ output }: CommandContext, working: Promise<SchemaReport[]>) {
  const schemas = await working;
  const rows = schemas.map(({ state, subject, file, id, reason }) => [state, subject, file, id ?? '-', reason ?? '']);
  await output.result({ schemas }, () => table([['state', 'subject', 'schema', 'id', 'reason'], ...rows]));
  const good = schemas.every(({ state }) => state === 'registered' || state === 'exists');
  return good ? EXIT.done : EXIT.failed;
}

/** @throws CommandFailure (exit 3) if the registry does not answer as one */
export function registerSchemas(config: Config): Promise<SchemaReport[]> {
  return forEachSchema(config, async (registry, subject, text) => {
    const answer = await registry.register(subject, text);
    if (answer.kind === 'refused') return { state: 'refused', reason: answer.message };
    return { state: 'registered', id: foundOrAway(answer) };
  });
}

function checkSchemas(config: Config): Promise<SchemaReport[]> {
  return forEachSchema(config, async (registry, subject, text) => {
    const answer = await registry.wouldTake(subject, text);
    if (answer.kind === 'refused') return { state: 'refused', reason: answer.message };
    const taken = answer.kind === 'absent' || foundOrAway(answer);
    return taken ? { state: 'missing' } : { state: 'refused', reason: 'incompatible with an earlier version' };
  });
}

type Finding = Pick<SchemaReport, 'state' | 'id' | 'reason'>;

async function forEachSchema(
  config: Config,
  ifMissing: (registry: RegistryClient, subject: string, text: string) => Promise<Finding>,
): Promise<SchemaReport[]> {
  const registry = createRegistryClient(registryOptions(config));
  // Something else than a registry answers "not found" to every question.
  foundOrAway(await registry.isRegistry());
  const reports: SchemaReport[] = [];
  for (const { schema } of topologyOfConfig(config).topics) {
    if (schema === null) continue;
    const { subject, file } = schema;
    const text = schemaText(file);
    const known = await registry.idOf(subject, text);
    const finding: Finding =
      known.kind === 'found' ? { state: 'exists', id: known.value } : await ifMissing(registry, subject, text);
    reports.push({ subject, file, ...finding });
  }
  return reports;
}

function foundOrAway<Value>(answer: RegistryAnswer<Value>): Value {
  if (answer.kind === 'found') return answer.value;
  const said = answer.kind === 'absent' ? 'it knows no such subject' : answer.message;
  throw new CommandFailure(
    `the schema registry does not answer: ${said}`,
    EXIT.unavailable,
    'look at SCHEMA_REGISTRY_URL',
  );
}
