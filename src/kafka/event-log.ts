// The port `EventLog`: an exclusive claim on the outgoing side of an input partition, by its own transactional id.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Kafka, Partitioners, type Producer } from 'kafkajs';
import type { EventClaim as EventClaimPort, EventLog } from '../pipeline/ports.ts';
import type { Topology } from '../topology.ts';
import { ClusterLink } from './cluster-link.ts';
import { EmittedMarks } from './emitted-marks.ts';
import { EventClaim } from './event-claim.ts';
import { isComeBackLater, toFault } from './faults.ts';
import type { Packing } from './packing.ts';
import { highestSource } from './source-scan.ts';
import { VerdictLog } from './verdict-log.ts';

export interface KafkaEventLogOptions {
  /** a kafkajs object for reading */
  readonly readKafka: Kafka;
  /** a kafkajs object for producing, which nobody reads with */
  readonly writeKafka: Kafka;
  /** how larger sends are packed. Default: gzip */
  readonly packing?: Packing;
  readonly topology: Topology;
}

/** ms after which the broker aborts an open transaction of a dead owner, which holds back read-committed readers */
const TRANSACTION_TIMEOUT_MS = 10_000;
/** ms a claim goes on while the coordinator asks to come back (it is ending an old transaction, or moving) */
const CLAIM_MS_MAX = 20_000;
const CLAIM_PAUSE_MS = 50;

export class KafkaEventLog implements EventLog {
  readonly #options: KafkaEventLogOptions;
  readonly #inputLink: ClusterLink;
  readonly #verdictLink: ClusterLink;
  readonly #marks: EmittedMarks;
  readonly #verdicts: VerdictLog;

  constructor(options: KafkaEventLogOptions) {
    const { readKafka, topology } = options;
    this.#options = options;
    this.#inputLink = new ClusterLink(readKafka, topology.input.topic);
    this.#verdictLink = new ClusterLink(readKafka, topology.verdicts.topic);
    this.#marks = new EmittedMarks(this.#inputLink, topology.groups.emitted);
    this.#verdicts = new VerdictLog(this.#verdictLink);
  }

  async claim(partition: number): Promise<EventClaimPort> {
    const { readKafka, topology } = this.#options;
    const producer = await this.#fence(partition);
    const { topic } = topology.input;
    return new EventClaim(producer, {
      partition,
      topic,
      emittedGroup: topology.groups.emitted,
      verdictTopic: topology.verdicts.topic,
      packing: this.#options.packing ?? 'gzip',
      marks: this.#marks,
      verdicts: this.#verdicts,
      highestSource: () => {
        const { input, failures, jobCreations, rejects } = topology;
        const outputs = [failures, jobCreations, rejects, input].map((plan) => plan.topic);
        return highestSource(readKafka, outputs, topic, partition, topology.groups.members);
      },
    });
  }

  // A producer whose id is initialized: every earlier one of the partition is fenced, its open transaction aborted, its
  // committed one visible. A producer object is never used again after an error: kafkajs would then reuse sequence
  // numbers, and the broker drop what it takes for repeats, silently.
  async #fence(partition: number): Promise<Producer> {
    const transactionalId = this.#options.topology.transactionalId(partition);
    const until = Date.now() + CLAIM_MS_MAX;
    for (;;) {
      const producer = this.#options.writeKafka.producer({
        transactionalId,
        transactionTimeout: TRANSACTION_TIMEOUT_MS,
        maxInFlightRequests: 1,
        allowAutoTopicCreation: false,
        createPartitioner: Partitioners.DefaultPartitioner,
        // Not `idempotent: true`, which forces retries: a retry within a transaction can repeat messages.
        retry: { retries: 0 },
      });
      try {
        await producer.connect();
        // Beginning makes InitProducerId; aborting a transaction with nothing in it asks the broker nothing.
        const transaction = await producer.transaction();
        await transaction.abort();
        return producer;
      } catch (error) {
        producer.disconnect().catch(() => {});
        if (!isComeBackLater(error) || Date.now() > until) throw toFault(error, `claiming ${transactionalId}`);
        await sleep(CLAIM_PAUSE_MS);
      }
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#inputLink.close(), this.#verdictLink.close()]);
  }
}
