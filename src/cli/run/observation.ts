// What watches a running processor from outside can ask: /livez, /readyz and /metrics, on a listener of its own.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config.ts';
import { type HttpAnswer, listen } from '../../observe/http-listener.ts';
import type { Logger } from '../../observe/logger.ts';
import { createMetrics } from '../../observe/metrics.ts';
import type { PipelineObserver } from '../../pipeline/context.ts';
import { parseListenAddress } from '../../setting.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { version } from '../version.ts';
import { type Health, type HealthFacts, liveness, readiness } from './health.ts';
import { joinObservers } from './join-observers.ts';
import { meteredLogger } from './metered-logger.ts';
import { createMetricsObserver } from './metrics-observer.ts';
import { showState } from './metrics-of-state.ts';
import { type PartitionSight, PartitionSights } from './partition-sights.ts';

/** What is asked of Kafka apart from the fold, so that progress is not judged by what the fold itself has seen. */
export interface KafkaProbe {
  /** monotonic, ms; null: not yet */
  readonly groupHeardAt: number | null;
  logEnds(partitions: readonly number[]): Promise<ReadonlyMap<number, number>>;
}

export interface Observation {
  readonly observer: PipelineObserver;
  /** The given logger, which also counts what it is told of services and assignments. */
  metered(logger: Logger): Logger;
  /** The processor takes part in the group from now on. */
  running(kafka: KafkaProbe): void;
  stopping(): void;
  close(): Promise<void>;
}

/** and at least three times in the time after which silence makes us not ready */
const ENDS_EVERY_MS_MAX = 5_000;
/** a question without an answer is given up: another connection may have one */
const ENDS_MS_MAX = 10_000;
const clocks = { wall: Date.now, monotonic: () => performance.now() };

/**
 * Listens, if `observe_listen` says so.
 * @throws CommandFailure where it cannot
 */
export async function openObservation(config: Config, logger: Logger): Promise<Observation | null> {
  const address = parseListenAddress(config.observe_listen);
  if (address === null) return null;
  const metrics = createMetrics();
  const sights = new PartitionSights(clocks);
  let phase: HealthFacts['phase'] = 'starting';
  let kafka: KafkaProbe | null = null;
  let asking = false;

  const facts = (): HealthFacts => ({
    phase,
    groupHeardAt: kafka?.groupHeardAt ?? null,
    partitions: sights.all(),
  });
  const ready = () => readiness(facts(), clocks.monotonic(), config.ready_stall_s * 1_000);
  const live = () => liveness(facts(), clocks.monotonic(), config.live_stall_s * 1_000);
  showState(metrics, clocks.wall, () => ({ sights: sights.all(), ready: ready().good, version: version() }));

  async function askEnds(): Promise<void> {
    const partitions = sights.all().map(({ partition }) => partition);
    if (asking || kafka === null || partitions.length === 0) return;
    asking = true;
    // Kafka may be away, which the readiness tells: the ends are not heard then.
    const asked = kafka.logEnds(partitions).then(
      (ends) => sights.heardEnds(ends),
      () => {},
    );
    await Promise.race([asked, sleep(ENDS_MS_MAX, undefined, { ref: false })]);
    asking = false;
  }

  const listener = await listen(address, {
    '/livez': () => healthAnswer('live', live(), {}),
    '/readyz': () => healthAnswer('ready', ready(), { partitions: sights.all().map(partitionFacts) }),
    '/metrics': async () => ({ status: 200, contentType: metrics.contentType, body: await metrics.scrape() }),
  }).catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailure(
      `TASKFOLD_OBSERVE_LISTEN: cannot listen at "${config.observe_listen}" (${error.code ?? error.message})`,
      EXIT.failed,
      'set another address or port, port 0 for a free one, or "off"',
    );
  });
  logger.log('observed', { url: listener.url });
  const timer = setInterval(() => void askEnds(), Math.min(ENDS_EVERY_MS_MAX, (config.ready_stall_s * 1_000) / 3));
  return {
    observer: joinObservers(sights.observer, createMetricsObserver(metrics)),
    metered: (other) => meteredLogger(other, metrics),
    running(probe) {
      kafka = probe;
      phase = 'running';
    },
    stopping() {
      phase = 'stopping';
    },
    close() {
      clearInterval(timer);
      return listener.close();
    },
  };
}

function healthAnswer(name: 'live' | 'ready', { good, reasons }: Health, more: object): HttpAnswer {
  const body = `${JSON.stringify({ [name]: good, reasons, ...more })}\n`;
  return { status: good ? 200 : 503, contentType: 'application/json; charset=utf-8', body };
}

function partitionFacts({ partition, state, fault, watermark, emitted, logEnd, lag }: PartitionSight) {
  return { partition, state, fault, watermark, emitted, log_end: logEnd, lag };
}
