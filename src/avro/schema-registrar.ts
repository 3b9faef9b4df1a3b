// Our schemas in the registry: registered where they are missing, and the ids under which messages are written.

import { away } from '../pipeline/errors.ts';
import type { TopicPlan, Topology } from '../topology.ts';
import type { RegistryClient } from './registry-client.ts';
import { schemaText } from './schema-file.ts';

/** The subject has an earlier version that our schema contradicts, or the registry holds it invalid. */
export class SchemaRefused extends Error {
  readonly subject: string;
  constructor(subject: string, reason: string) {
    super(`The schema registry refuses our schema for subject ${subject}: ${reason}`);
    this.name = 'SchemaRefused';
    this.subject = subject;
  }
}

/**
 * The id of a topic's schema; registers it if it is not there. The subject's settings stay as they are.
 * @throws Fault service_unavailable; SchemaRefused
 */
export async function registeredId(registry: RegistryClient, plan: TopicPlan): Promise<number> {
  if (plan.schema === null) throw new Error(`Topic ${plan.topic} has no schema.`);
  const { subject, file } = plan.schema;
  const text = schemaText(file);
  let answer = await registry.idOf(subject, text);
  if (answer.kind === 'absent') answer = await registry.register(subject, text);
  switch (answer.kind) {
    case 'found':
      return answer.value;
    case 'refused':
      throw new SchemaRefused(subject, answer.message);
    case 'unavailable':
      throw away('registry', answer.message);
    case 'absent':
      throw away('registry', 'The schema registry answers "not found" to a registration: is it one?');
  }
}

/** The ids of the outgoing topics' schemas, as the notice encoder wants them. Throws as `registeredId` does. */
export async function registeredOutgoingIds(registry: RegistryClient, topology: Topology) {
  const [failures, jobCreations, rejects] = await Promise.all([
    registeredId(registry, topology.failures),
    registeredId(registry, topology.jobCreations),
    registeredId(registry, topology.rejects),
  ]);
  return { failures, jobCreations, rejects };
}
