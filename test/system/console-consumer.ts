// Kafka's own console consumer: a reader of committed events that shares no line with ours, nor with kafkajs.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { providePrograms } from '../../deploy/stack/programs.mjs';
import type { Environment } from '../support/taskfold-process.ts';

/** ms without a further event after which it has read everything; joining its group is part of the first wait */
const QUIET_MS = 6_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** Where an event lies, and which it is. */
export interface SeenEvent {
  readonly partition: number;
  readonly offset: string;
  readonly ce_id: string;
}

/** Every event of these topics that a read-committed Java consumer is given. */
export async function seenByJava(env: Environment, topics: readonly string[]): Promise<SeenEvent[]> {
  const { java, kafka } = await providePrograms(new Set(['kafka']), { install: false, onProgress: () => {} });
  const consumer = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', join(kafka!, '*')];
  const shown = { partition: true, offset: true, headers: true, value: false };
  const args = [
    ...['org.apache.kafka.tools.consumer.ConsoleConsumer', '--bootstrap-server', env.KAFKA_BROKERS!],
    ...['--include', topics.map((topic) => topic.replaceAll('.', '\\.')).join('|'), '--from-beginning'],
    ...['--isolation-level', 'read_committed', '--timeout-ms', String(QUIET_MS)],
    ...Object.entries(shown).flatMap(([what, show]) => ['--formatter-property', `print.${what}=${show}`]),
  ];
  const { stdout } = await promisify(execFile)(java!, [...consumer, ...args], { maxBuffer: OUTPUT_BYTES_MAX });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('Partition:'))
    .map((line) => {
      const [, partition, offset, ce_id] = /^Partition:(\d+)\tOffset:(\d+)\t(?:.*,)?ce_id:([^,]+)/.exec(line)!;
      return { partition: Number(partition), offset: offset!, ce_id: ce_id! };
    });
}
