// The fleet of the demo, in this process: the same parts that `taskfold simulate` is made of, so that the board can show
// how many updates the broker has acknowledged.

import { createRegistryClient } from '../../src/avro/registry-client.ts';
import { registeredId } from '../../src/avro/schema-registrar.ts';
import { createUpdateEncoder } from '../../src/avro/update-encoder.ts';
import { registryOptions } from '../../src/cli/service-targets.ts';
import type { Config } from '../../src/config.ts';
import { sharedOut } from '../../src/engine/fault.ts';
import { Fleet, virtualSecondsOf } from '../../src/engine/fleet.ts';
import { simulate } from '../../src/engine/simulation.ts';
import { Truth, type TruthSummary } from '../../src/engine/truth.ts';
import { TruthFile } from '../../src/engine/truth-file.ts';
import { UpdatePublisher } from '../../src/kafka/update-publisher.ts';
import type { Topology } from '../../src/topology.ts';
import type { DemoOptions } from './options.ts';

export class FleetRun {
  readonly #publisher: UpdatePublisher;
  readonly #encode: ReturnType<typeof createUpdateEncoder>;
  readonly #options: DemoOptions;
  readonly #topic: string;
  readonly #truth = new Truth();
  #began = 0;

  private constructor(publisher: UpdatePublisher, schemaId: number, topic: string, options: DemoOptions) {
    this.#publisher = publisher;
    this.#encode = createUpdateEncoder({ schemaId });
    this.#topic = topic;
    this.#options = options;
  }

  static async open(config: Config, { input }: Topology, options: DemoOptions, signal: AbortSignal): Promise<FleetRun> {
    const registry = createRegistryClient(registryOptions(config));
    const schemaId = await registeredId(registry, input);
    const connection = { brokers: config.kafka_brokers, clientId: 'taskfold-demo-fleet' };
    const publisher = await UpdatePublisher.open(connection, { topic: input.topic, signal });
    return new FleetRun(publisher, schemaId, input.topic, options);
  }

  get partitions(): number {
    return this.#publisher.partitions;
  }

  /** What the broker has acknowledged so far. */
  get summary(): TruthSummary {
    return this.#truth.summary(this.#began === 0 ? 0 : Math.round(performance.now() - this.#began) / 1_000);
  }

  /** Resolves when all is published, or the signal came. @throws PublishFailed */
  async publish(signal: AbortSignal): Promise<void> {
    const { engines, tasks, rate, seconds, seed } = this.#options;
    const plan = { engines, tasks, updates: rate * seconds };
    const ahead = Math.max(0, virtualSecondsOf(plan) - seconds);
    const started_at = Math.floor(Date.now() / 1_000 - ahead);
    const faults = sharedOut(this.#options.faults);
    const fleet = new Fleet({ ...plan, seed, partitions: this.partitions, started_at, faults });
    this.#began = performance.now();
    await simulate({
      fleet,
      truth: this.#truth,
      encode: this.#encode,
      publish: (updates) => this.#publisher.publish(updates),
      rate,
      signal,
    });
  }

  async writeTruth(path: string, seconds: number): Promise<void> {
    const { engines, tasks, rate, seed } = this.#options;
    const faults = sharedOut(this.#options.faults);
    const run = { topic: this.#topic, partitions: this.partitions, seed, engines, tasks, rate, faults };
    const file = await TruthFile.open(path);
    await file.write(
      this.#truth.lines({ ...run, seconds: this.#options.seconds, started_at: new Date().toISOString() }, seconds),
    );
  }

  close(): Promise<void> {
    return this.#publisher.close();
  }
}
