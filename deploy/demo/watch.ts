// How the demo's processors stand: read from Redis as a dashboard does it, with the log's end from
// Kafka; and the events as their subscribers get them.

import type { Config } from '../../src/config.ts';
import { ClusterLink } from '../../src/kafka/cluster-link.ts';
import { createKafka } from '../../src/kafka/connection.ts';
import { createLiveReads, type LiveReads } from '../../src/read/live-reads.ts';
import { connectRedis, type RedisConnection } from '../../src/redis/connect.ts';
import { Subscriber } from './subscriber.ts';

const READY_MS_MAX = 10_000;
/** The owners report every second. */
const FRESH_MS = 2_500;

/** One look. */
export interface Sight {
  readonly at: number;
  /** records of the input with a final outcome; a re-routed one counts at its home */
  readonly folded: number;
  readonly applied: number;
  readonly rejected: number;
  readonly rerouted: number;
  readonly lag: number;
  readonly tasks: number;
  /** events as a subscriber got them */
  readonly failures: number;
  readonly job_creations: number;
  /** by partition; undefined: nobody has reported lately */
  readonly owners: readonly (string | undefined)[];
  /** of halted partitions */
  readonly halts: readonly string[];
}

/** Each published record ends once, as one of all outcomes but `rerouted`: that one's copy is received and ends at home. */
export function foldedOf(updates: { readonly received: number; readonly rerouted: number } | undefined): number {
  return updates === undefined ? 0 : updates.received - updates.rerouted;
}

export class Watch {
  readonly #redis: RedisConnection;
  readonly #reads: LiveReads;
  readonly #link: ClusterLink;
  readonly #partitions: readonly number[];
  readonly #failures: Subscriber;
  readonly #jobs: Subscriber;

  private constructor(config: Config, redis: RedisConnection, partitions: number) {
    const { redis_prefix: prefix, group, input_topic: topic, kafka_brokers: brokers } = config;
    this.#redis = redis;
    this.#reads = createLiveReads({ redis: redis.client, prefix, group, topic });
    this.#link = new ClusterLink(createKafka({ brokers, clientId: 'taskfold-demo' }, 'read'), topic);
    this.#partitions = [...Array(partitions).keys()];
    this.#failures = new Subscriber(brokers, config.failures_topic);
    this.#jobs = new Subscriber(brokers, config.job_creations_topic);
  }

  static async open(config: Config, partitions: number): Promise<Watch> {
    const redis = connectRedis(config.redis_url, { name: 'taskfold-demo' });
    await redis.ready(READY_MS_MAX);
    const watch = new Watch(config, redis, partitions);
    void watch.#failures.listen();
    void watch.#jobs.listen();
    return watch;
  }

  async look(): Promise<Sight> {
    const [fleet, documents, ends] = await Promise.all([
      this.#reads.readFleet(),
      this.#reads.readPartitions(),
      this.#link.offsets(this.#partitions, 'end'),
    ]);
    const at = Date.now();
    const known = new Map(documents.map((document) => [document.partition, document]));
    const lagOf = (partition: number) =>
      Math.max(0, (ends.get(partition) ?? 0) - (known.get(partition)?.watermark ?? 0));
    const { applied = 0, rejected = 0, rerouted = 0 } = fleet?.updates ?? {};
    return {
      at,
      folded: foldedOf(fleet?.updates),
      applied,
      rejected,
      rerouted,
      lag: this.#partitions.reduce((sum, partition) => sum + lagOf(partition), 0),
      tasks: fleet?.tasks ?? 0,
      failures: this.#failures.count,
      job_creations: this.#jobs.count,
      owners: this.#partitions.map((partition) => {
        const document = known.get(partition);
        return document?.seen_at !== undefined && at - document.seen_at < FRESH_MS ? document.owner : undefined;
      }),
      halts: documents.flatMap(({ partition, halt }) => (halt ? [`partition ${partition}: ${halt.message}`] : [])),
    };
  }

  async close(): Promise<void> {
    this.#redis.close();
    await Promise.all([this.#link.close(), this.#failures.close(), this.#jobs.close()]);
  }
}
