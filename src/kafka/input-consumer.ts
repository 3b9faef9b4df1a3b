// The input topic as a member of the consumer group sees it: the ports `InputLog` and `Membership` over one connection.
// The group says which partitions are ours; what is read of them is pulled by position, straight from their brokers.

import type { Kafka } from 'kafkajs';
import { Fault } from '../pipeline/errors.ts';
import type { InputLog, LogBatch, Membership } from '../pipeline/ports.ts';
import { ClusterLink } from './cluster-link.ts';
import { type KafkaLog, silentLog } from './connection.ts';
import { GroupMembership } from './group-membership.ts';
import { LogFetcher } from './log-fetcher.ts';

export interface InputConsumerOptions {
  /** a kafkajs object for reading */
  readonly kafka: Kafka;
  readonly group: string;
  readonly topic: string;
  readonly log?: KafkaLog;
  /** ms; how soon new partitions of the topic are noticed. Default 10 s. */
  readonly newPartitionsMsMax?: number;
  /** The partition may be fetched from now on. */
  onAssigned?(partition: number): void;
  /** The group gave the partition to somebody else (or we stop): its running fetch has ended with partition_lost. */
  onLost?(partition: number): void;
}

const NEW_PARTITIONS_MS_MAX = 10_000;

export class InputConsumer implements InputLog, Membership {
  readonly #link: ClusterLink;
  readonly #fetcher: LogFetcher;
  readonly #membership: GroupMembership;

  constructor(options: InputConsumerOptions) {
    const log = options.log ?? silentLog;
    const newPartitionsMsMax = options.newPartitionsMsMax ?? NEW_PARTITIONS_MS_MAX;
    this.#link = new ClusterLink(options.kafka, options.topic, newPartitionsMsMax);
    this.#fetcher = new LogFetcher(this.#link, 'committed', log);
    this.#membership = new GroupMembership({
      kafka: options.kafka,
      group: options.group,
      topic: options.topic,
      log,
      newPartitionsMsMax,
      onAssigned: (partition) => {
        this.#fetcher.open(partition);
        options.onAssigned?.(partition);
      },
      onLost: (partition) => {
        this.#fetcher.close(partition, new Fault('partition_lost', `partition ${partition} went to another member`));
        options.onLost?.(partition);
      },
    });
  }

  /** Begins to join the group, and goes on trying. Kafka need not be there yet. */
  start(): void {
    this.#membership.start();
  }

  /** Partitions that are ours as of the latest join. */
  get assigned(): ReadonlySet<number> {
    return this.#membership.assigned;
  }

  /** When the group last answered, on the clock of `performance.now()`; null: not yet. */
  get groupHeardAt(): number | null {
    return this.#membership.heardAt;
  }

  fetch(partition: number, position: number, limits: { records_max: number; wait_ms: number }): Promise<LogBatch> {
    return this.#fetcher.fetch(partition, position, limits);
  }

  /** `end` is the high watermark: open and aborted transactions count. At rest a reader gets there. */
  async bounds(partition: number): Promise<{ start: number; end: number }> {
    const [starts, ends] = await Promise.all([
      this.#link.offsets([partition], 'start'),
      this.#link.offsets([partition], 'end'),
    ]);
    return { start: starts.get(partition)!, end: ends.get(partition)! };
  }

  /** High watermarks, all in one question to each broker. @throws while a broker is away */
  logEnds(partitions: readonly number[]): Promise<ReadonlyMap<number, number>> {
    return this.#link.offsets(partitions, 'end');
  }

  partitionCount(options?: { fresh: boolean }): Promise<number> {
    return this.#link.partitionCount(options);
  }

  nextHeartbeat(partition: number): Promise<void> {
    return this.#membership.nextHeartbeat(partition);
  }

  /** Where the fold stands, for lag tools: committed to the group every 5 s. */
  reportPosition(partition: number, offset: number): void {
    this.#membership.reportPosition(partition, offset);
  }

  /** Leaves the group and lets go of all partitions. Takes at most about 3 s. */
  async stop(): Promise<void> {
    await this.#membership.stop();
    this.#fetcher.stop(new Fault('partition_lost', 'this member stops'));
    await this.#link.close();
  }
}
