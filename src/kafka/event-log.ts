// The port `EventLog`: an exclusive claim on the outgoing side of an input partition, by its own transactional id.

import type { Kafka } from 'kafkajs';
import type { EventClaim as EventClaimPort, EventLog } from '../pipeline/ports.ts';
import type { Topology } from '../topology.ts';
import { ClusterLink } from './cluster-link.ts';
import { EmittedMarks } from './emitted-marks.ts';
import { EventClaim } from './event-claim.ts';
import { FencedProducer } from './fenced-producer.ts';
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
    const { readKafka, writeKafka, topology, packing } = this.#options;
    const { topic } = topology.input;
    const id = topology.transactionalId(partition);
    const producer = await FencedProducer.claim(writeKafka, id, `the events of partition ${partition}`, packing);
    return new EventClaim(producer, {
      partition,
      topic,
      emittedGroup: topology.groups.emitted,
      verdictTopic: topology.verdicts.topic,
      marks: this.#marks,
      verdicts: this.#verdicts,
      highestSource: () => {
        const { input, failures, jobCreations, rejects } = topology;
        const outputs = [failures, jobCreations, rejects, input].map((plan) => plan.topic);
        return highestSource(readKafka, outputs, topic, partition, topology.groups.members);
      },
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.#inputLink.close(), this.#verdictLink.close()]);
  }
}
