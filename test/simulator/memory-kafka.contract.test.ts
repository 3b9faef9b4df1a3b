// The simulator's Kafka keeps the promises of the real one, as far as the ports state them.

import { eventLogContract } from '../contracts/event-log-contract.ts';
import { inputLogContract } from '../contracts/input-log-contract.ts';
import { callNow, MemoryKafka, memoryEventLog, memoryInputLog } from './memory-kafka.ts';

inputLogContract(async () => {
  const kafka = new MemoryKafka('input', 2, () => Date.now());
  const lost = new Set<number>();
  return {
    log: memoryInputLog(kafka, callNow, (partition) => !lost.has(partition)),
    append: async (partition, records) => {
      for (const { key = null, value = null, headers = {} } of records)
        kafka.append(partition, { key, value, headers });
    },
    begin: async () => {
      let mine: { partition: number; offset: number }[] = [];
      const end = (state: 'committed' | 'aborted') => {
        for (const { partition, offset } of mine) kafka.log[partition]!.find((r) => r.offset === offset)!.state = state;
        for (const partition of new Set(mine.map((one) => one.partition))) kafka.skip(partition, 1); // the marker
        mine = [];
      };
      return {
        append: async (partition, records) => {
          for (const { key = null, value = null } of records) {
            mine.push({ partition, offset: kafka.append(partition, { key, value }, 'open') });
          }
        },
        commit: async () => end('committed'),
        abort: async () => end('aborted'),
      };
    },
    deleteBelow: async (partition, offset) => kafka.truncate(partition, offset),
    lose: async (partition) => {
      lost.add(partition);
    },
  };
});

eventLogContract(async () => {
  const kafka = new MemoryKafka('input', 3, () => Date.now());
  return {
    events: memoryEventLog(kafka, callNow),
    inputTopic: 'input',
    outputTopic: 'output',
    readOutput: async () => {
      const byKey = Map.groupBy(kafka.outgoing, ({ key }) => key!.toString());
      return new Map([...byKey].map(([key, messages]) => [key, messages.map(({ value }) => value!.toString())]));
    },
    readInput: async (partition) => kafka.visible(partition).map(({ value }) => value!.toString()),
  };
});
