// How the demo's processors stand: read from Redis as a dashboard does it, and the log's end from Kafka.

import type { Config } from '../../src/config.ts';
import { ClusterLink } from '../../src/kafka/cluster-link.ts';
import { createKafka } from '../../src/kafka/connection.ts';
import { createLiveReads, type LiveReads } from '../../src/read/live-reads.ts';
import { connectRedis, type RedisConnection } from '../../src/redis/connect.ts';

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
  readonly failures: number;
  readonly job_creations: number;
  /** by partition; undefined: nobody has reported lately */
  readonly owners: readonly (string | undefined)[];
  /** of halted partitions */
  readonly halts: readonly string[];
}

export class Watch {
  readonly #redis: RedisConnection;
  readonly #reads: LiveReads;
  readonly #link: ClusterLink;
  readonly #partitions: readonly number[];

  private constructor(redis: RedisConnection, reads: LiveReads, link: ClusterLink, partitions: number) {
    this.#redis = redis;
    this.#reads = reads;
    this.#link = link;
    this.#partitions = [...Array(partitions).keys()];
  }

  static async open(config: Config, partitions: number): Promise<Watch> {
    const { redis_url, redis_prefix: prefix, group, input_topic: topic, kafka_brokers: brokers } = config;
    const redis = connectRedis(redis_url, { name: 'taskfold-demo' });
    await redis.ready(READY_MS_MAX);
    const reads = createLiveReads({ redis: redis.client, prefix, group, topic });
    const link = new ClusterLink(createKafka({ brokers, clientId: 'taskfold-demo' }, 'read'), topic);
    return new Watch(redis, reads, link, partitions);
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
      folded: applied + rejected,
      applied,
      rejected,
      rerouted,
      lag: this.#partitions.reduce((sum, partition) => sum + lagOf(partition), 0),
      tasks: fleet?.tasks ?? 0,
      failures: Object.values(fleet?.failures_by_reason ?? {}).reduce((sum, count) => sum + count, 0),
      job_creations: fleet?.job_creations ?? 0,
      owners: this.#partitions.map((partition) => {
        const document = known.get(partition);
        return document?.seen_at !== undefined && at - document.seen_at < FRESH_MS ? document.owner : undefined;
      }),
      halts: documents.flatMap(({ partition, halt }) => (halt ? [`partition ${partition}: ${halt.message}`] : [])),
    };
  }

  async close(): Promise<void> {
    this.#redis.close();
    await this.#link.close();
  }
}
