// `taskfold doctor` on the registry: our schemas of the outgoing topics, and whether what engines write can be read.

import { createRegistryClient } from '../../avro/registry-client.ts';
import { schemaText } from '../../avro/schema-file.ts';
import { compileWriter } from '../../avro/writer-schema.ts';
import type { Config } from '../../config.ts';
import { getFromRegistry, registryAccess } from '../../connect/registry-access.ts';
import type { Topology } from '../../topology.ts';
import { registryOptions } from '../service-targets.ts';
import { type Check, checksAbout } from './check.ts';

const { ok, warn, fail } = checksAbout('registry');

export async function registryChecks(config: Config, topology: Topology): Promise<Check[]> {
  const options = registryOptions(config);
  const registry = createRegistryClient(options);
  const checks: Check[] = [];
  for (const { schema } of topology.topics) {
    if (schema === null || schema === topology.input.schema) continue;
    const { subject, file } = schema;
    const text = schemaText(file);
    const known = await registry.idOf(subject, text);
    if (known.kind === 'found') {
      checks.push(ok('schema', `${subject}: our schema is registered (id ${known.value})`));
      continue;
    }
    const taken = known.kind === 'absent' ? await registry.wouldTake(subject, text) : known;
    const fits = taken.kind === 'absent' || (taken.kind === 'found' && taken.value === true);
    if (fits) {
      checks.push(warn('schema', `${subject}: our schema is not registered yet`, 'taskfold schemas register'));
    } else {
      const why =
        taken.kind === 'refused' || taken.kind === 'unavailable' ? taken.message : 'it contradicts an earlier version';
      const cure = `another program owns ${subject}, or a newer Taskfold registered there: choose another topic, or delete the subject`;
      checks.push(fail('schema', `${subject}: the registry refuses our schema: ${why}`, cure));
    }
  }
  return [...checks, await inputCheck(config, topology)];
}

/** Engines register what they write; the newest of it is what most of them will write soon. */
async function inputCheck(config: Config, { input }: Topology): Promise<Check> {
  const options = registryOptions(config);
  const subject = input.schema?.subject ?? '';
  const path = `/subjects/${encodeURIComponent(subject)}/versions/latest`;
  const reply = await getFromRegistry(registryAccess(options), path, options.timeoutMs);
  const again = 'taskfold schemas register';
  if (reply.status === 404) return warn('writer_schema', `${subject}: no engine has registered a schema yet`, again);
  const latest = JSON.parse(reply.body) as { id?: number; version?: number };
  const schema = await createRegistryClient(options).schemaById(latest.id ?? 0);
  const named = `${subject}: version ${latest.version} (id ${latest.id})`;
  const cure = `registering a schema that resolves to schemas/task-status.avsc (and setting the compatibility of ${subject} to BACKWARD)`;
  if (schema.kind !== 'found') {
    const said = schema.kind === 'absent' ? 'the registry does not know it' : schema.message;
    return fail('writer_schema', `${named} cannot be read: ${said}`, cure);
  }
  try {
    compileWriter(schema.value);
    return ok('writer_schema', `${named}, what engines write, resolves to ours`);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return fail('writer_schema', `${named}, what engines write, does not resolve to ours: ${said}`, cure);
  }
}
