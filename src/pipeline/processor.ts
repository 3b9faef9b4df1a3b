// The processor: one worker for each partition that the consumer group gives to this process.

import type { PipelineContext } from './context.ts';
import { PartitionWorker } from './partition-worker.ts';
import { RecordsInHand } from './records-in-hand.ts';

/** Full ones: while one waits for what it reads, another is folded. */
const BATCHES_IN_HAND = 2;

export interface Processor {
  /** The group gave us the partition. Calling it for one that we work on does nothing. */
  assign(partition: number): void;
  /** The group took the partition away. A step under way ends by itself: Kafka fences it, Redis refuses it. */
  lose(partition: number): void;
  /** Lets every partition finish its batch and send what it saved; resolves when all are done. */
  drain(): Promise<void>;
  status(): PartitionWorker['status'][];
}

export function createProcessor(context: PipelineContext): Processor {
  const workers = new Map<number, PartitionWorker>();
  /** workers of partitions that were lost and may still be ending */
  const ending = new Map<number, Promise<void>>();
  const wanted = new Set<number>();
  const { settings, ports } = context;
  const inHand = new RecordsInHand(BATCHES_IN_HAND * settings.batch_records_max, ports.surroundings);
  let draining = false;

  function begin(partition: number): void {
    if (draining || !wanted.has(partition) || workers.has(partition) || ending.has(partition)) return;
    const worker = new PartitionWorker(context, partition, inHand);
    workers.set(partition, worker);
    const ended = worker.finished.then(() => {
      if (workers.get(partition) === worker) workers.delete(partition);
      ending.delete(partition);
      // The partition may have come back while its last worker was ending.
      begin(partition);
    });
    void ended;
  }

  return {
    assign(partition) {
      wanted.add(partition);
      begin(partition);
    },
    lose(partition) {
      wanted.delete(partition);
      const worker = workers.get(partition);
      if (worker === undefined) return;
      workers.delete(partition);
      ending.set(partition, worker.finished);
      worker.lose();
    },
    async drain() {
      draining = true;
      const all = [...workers.values()];
      for (const worker of all) worker.stop();
      await Promise.all([...all.map((worker) => worker.finished), ...ending.values()]);
    },
    status: () => [...workers.values()].map((worker) => worker.status).sort((a, b) => a.partition - b.partition),
  };
}
