// Engines that report every second and can die, each with one task: what silence is about, without all the rest of a
// simulated fleet.

import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { createRegistryClient } from '../../src/avro/registry-client.ts';
import { registeredId } from '../../src/avro/schema-registrar.ts';
import { createUpdateEncoder } from '../../src/avro/update-encoder.ts';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import { TaskReporter } from '../../src/engine/task-reporter.ts';
import { UpdatePublisher } from '../../src/kafka/update-publisher.ts';
import type { Deployment } from './deployment.ts';

const EVERY_MS = 1_000;
/** A broker that is away is waited for; engines do the same. */
const RETRY_MS = 200;

export class Heartbeats {
  readonly #publisher: UpdatePublisher;
  readonly #encode: (update: TaskStatusDetail) => Buffer;
  readonly #engines = new Map<string, TaskReporter>();
  #alive = new Set<string>();
  #stopped = false;
  readonly #ended: Promise<void>;

  private constructor(
    publisher: UpdatePublisher,
    encode: (update: TaskStatusDetail) => Buffer,
    ids: readonly string[],
  ) {
    this.#publisher = publisher;
    this.#encode = encode;
    const started = Math.floor(Date.now() / 1_000) - 1;
    for (const id of ids) {
      const identity = { internal_task_id: id, engine_id: `engine of ${id}`, work_request_id: `work of ${id}` };
      this.#engines.set(id, new TaskReporter(identity, started, 'deltas'));
    }
    this.#alive = new Set(ids);
    this.#ended = this.#beat();
  }

  /** They begin to report at once, all within the same moment of each second. */
  static async start({ env, topology }: Deployment, ids: readonly string[]): Promise<Heartbeats> {
    const registry = createRegistryClient({ url: env.SCHEMA_REGISTRY_URL!, timeoutMs: 5_000 });
    const schemaId = await registeredId(registry, topology.input);
    const connection = { brokers: env.KAFKA_BROKERS!.split(','), clientId: 'engines' };
    const publisher = await UpdatePublisher.open(connection, { topic: topology.input.topic, retries: 1 });
    const heartbeats = new Heartbeats(publisher, createUpdateEncoder({ schemaId }), ids);
    onTestFinished(() => heartbeats.stop());
    return heartbeats;
  }

  /** These say nothing more. */
  die(ids: readonly string[]): void {
    for (const id of ids) this.#alive.delete(id);
  }

  /** These report again, under the work request that they had. */
  revive(ids: readonly string[]): void {
    for (const id of ids) this.#alive.add(id);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#ended;
    await this.#publisher.close();
  }

  async #beat(): Promise<void> {
    for (let due = performance.now(); !this.#stopped; due += EVERY_MS) {
      const reporters = [...this.#alive].map((id) => this.#engines.get(id)!);
      const updates = reporters.map((reporter) => {
        reporter.record({ processed_stats: { processed_chunks: 1 }, task_status: 'running' });
        return reporter.compose(Math.floor(Date.now() / 1_000));
      });
      const records = updates.map((update) => ({
        key: update.internal_task_id!,
        value: this.#encode(update),
        partition: null,
      }));
      for (let sent = false; !sent && !this.#stopped; ) {
        sent = await this.#publisher.publish(records).then(
          () => true,
          () => false,
        );
        if (!sent) await sleep(RETRY_MS);
      }
      for (const reporter of reporters) reporter.acknowledged();
      // After an outage they go on from now, instead of catching up.
      due = Math.max(due, performance.now() - EVERY_MS);
      await sleep(Math.max(0, due + EVERY_MS - performance.now()));
    }
  }
}
