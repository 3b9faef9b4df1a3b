import { expect, test } from 'vitest';
import { GROUP_HEADER } from '../../src/pipeline/source-header.ts';
import { logTimeOf, mark, sourceHeaders } from '../contracts/event-log-contract.ts';
import { newEventLog } from './event-log-world.ts';
import { plainProducer } from './kafka-world.ts';

test('C is found again from what this group’s own transactions wrote, and from nothing else', async () => {
  const { events, topology } = await newEventLog();
  const input = topology.input.topic;
  const message = (offset: number, group: string) => ({
    topic: input,
    partition: 1,
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: {
      ...sourceHeaders(input, 0, offset),
      [GROUP_HEADER]: Buffer.from(group),
    },
  });
  const claim = await events.claim(0);
  // Re-routed copies of another group lie in the same input topic.
  const messages = [message(4, topology.groups.members), message(70, 'another group')];
  await claim.transact({ emitted: mark(5), messages });
  // An engine can write any header; it is no part of a transaction of ours.
  const forged = message(900, topology.groups.members);
  await (await plainProducer()).send({ topic: input, messages: [forged] });
  expect(await (await events.claim(0)).highestSource()).toEqual({ offset: 4, timestamp: logTimeOf(4) });
});
