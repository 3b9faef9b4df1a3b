// docs/asyncapi.yaml: valid by AsyncAPI's own schema, of the topics that Taskfold has, and true of the messages that it sends.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import formats from 'ajv-formats';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { schemaType } from '../../src/avro/schema-file.ts';
import { type SchemaFile, topologyOf } from '../../src/topology.ts';
import { sharedEnv } from '../support/stack.ts';
import { Deployment } from '../system/deployment.ts';
import { type ReceivedEvent, readCommitted } from '../system/subscriber.ts';

interface Reference {
  readonly $ref: string;
}
interface Message {
  readonly headers: object;
  readonly payload?: { readonly schema: Reference };
}
interface Document {
  readonly channels: Readonly<Record<string, { address: string; messages: Readonly<Record<string, Reference>> }>>;
  readonly components: { readonly messages: Readonly<Record<string, Message>>; readonly schemas: object };
}

const WIRE_HEAD_BYTES = 5;
const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'asyncapi.yaml'), 'utf8');
const document = parse(text) as Document;

test('the document is AsyncAPI 3.0', () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, validateSchema: false, meta: false });
  const validate = ajv.compile(specs.schemas['3.0.0'] as object);
  validate(document);
  expect(validate.errors ?? []).toEqual([]);
});

test('its channels are the topics that have a schema, with the schemas of their values', () => {
  const { topics } = topologyOf({ inputTopic: 'task-status', group: 'g' });
  const planned = topics.flatMap(({ topic, schema }) => (schema ? [[topic, schema.file] as const] : []));
  expect(
    Object.values(document.channels)
      .map(({ address }) => address)
      .sort(),
  ).toEqual(planned.map(([topic]) => topic).sort());
  for (const [topic, file] of planned) {
    const files = messagesOf(topic).flatMap(({ payload }) => (payload ? [payload.schema.$ref] : []));
    expect(files).toEqual([`../schemas/${file}`]);
  }
});

test('every message of a real run is one of those that its channel declares', async () => {
  const deployment = await Deployment.create('asyncapi', sharedEnv());
  const { topology, env } = deployment;
  const fleet = ['simulate', '--tasks', '150', '--engines', '60', '--updates', '3000', '--rate', '0', '--seed', '7'];
  await deployment.json(fleet);
  const processor = deployment.processor();
  expect((await deployment.verify()).mismatches).toBe(0);
  await processor.terminate();

  const topics = {
    'task-failures': topology.failures,
    'job-creations': topology.jobCreations,
    'task-status-rejects': topology.rejects,
  };
  for (const [address, { topic }] of Object.entries(topics)) {
    const events = await readCommitted(env, [topic]);
    expect(events.length, address).toBeGreaterThan(0);
    for (const event of events) expect(misfitOf(address, event), `${address} ${event.offset}`).toEqual([]);
  }
});

function messagesOf(address: string): Message[] {
  const channel = Object.values(document.channels).find((one) => one.address === address)!;
  return Object.values(channel.messages).map(({ $ref }) => document.components.messages[$ref.split('/').at(-1)!]!);
}

const ajv = new Ajv({ strict: false, allErrors: true });
(formats as unknown as (ajv: Ajv) => void)(ajv);

/** What keeps the event from being any of the channel's messages; empty where it is one. */
function misfitOf(address: string, { headers, value }: ReceivedEvent): string[] {
  const misfits: string[] = [];
  for (const { headers: declared, payload } of messagesOf(address)) {
    const validate = ajv.compile({ ...declared, components: document.components });
    if (!validate(headers)) {
      misfits.push(ajv.errorsText(validate.errors));
      continue;
    }
    if (payload === undefined) return [];
    const type = schemaType(payload.schema.$ref.split('/').at(-1) as SchemaFile);
    try {
      type.fromBuffer(value!.subarray(WIRE_HEAD_BYTES));
      return [];
    } catch (error) {
      misfits.push(String(error));
    }
  }
  return misfits;
}
