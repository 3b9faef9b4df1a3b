import { type EventLogWorld, eventLogContract } from '../contracts/event-log-contract.ts';
import { newEventLog } from './event-log-world.ts';
import { readAll } from './kafka-world.ts';

eventLogContract(async (): Promise<EventLogWorld> => {
  const { events, topology } = await newEventLog();
  const outputTopic = topology.failures.topic;
  return {
    events,
    inputTopic: topology.input.topic,
    outputTopic,
    readOutput: async () => {
      const byKey = new Map<string, string[]>();
      for (const { key, value } of await readAll(outputTopic)) {
        const name = key!.toString();
        byKey.set(name, [...(byKey.get(name) ?? []), value!.toString()]);
      }
      return byKey;
    },
    readInput: async (partition) =>
      (await readAll(topology.input.topic, [partition])).map(({ value }) => value!.toString()),
  };
});
