import { expect, test } from 'vitest';
import { SOURCE_HEADER, sourceHeader } from '../../src/pipeline/source-header.ts';
import { mark } from '../contracts/event-log-contract.ts';
import { newEventLog } from './event-log-world.ts';
import { transactionalProducer } from './kafka-world.ts';

test('a claim reads its verdicts and its highest source offset past an open transaction of somebody else', async () => {
  const { events, topology } = await newEventLog();
  const input = topology.input.topic;
  // A processor that was killed in the middle: until its transaction times out, read-committed readers stand still here.
  const dead = await (await transactionalProducer()).transaction();
  const header = (partition: number, offset: number) => ({
    [SOURCE_HEADER]: Buffer.from(sourceHeader(input, partition, offset, 1)),
  });
  await dead.send({
    topic: topology.failures.topic,
    messages: [0, 1, 2].map((partition) => ({ partition, key: 'k', value: 'open', headers: header(0, 99) })),
  });
  await dead.send({
    topic: topology.verdicts.topic,
    messages: [{ key: '0/99', value: JSON.stringify({ partition: 0, offset: 99, schema_id: 1, incarnation: 'i-1' }) }],
  });

  const earlier = await events.claim(0);
  const verdict = { partition: 0, offset: 5, schema_id: 7, incarnation: 'i-1' };
  await earlier.transact({
    emitted: mark(6),
    messages: [
      { topic: topology.failures.topic, key: Buffer.from('k'), value: Buffer.from('v'), headers: header(0, 5) },
    ],
    verdicts: [verdict],
  });
  const claim = await events.claim(0);
  const began = performance.now();
  expect(await claim.readVerdicts('i-1')).toEqual(new Map([[5, verdict]]));
  expect(await claim.highestSource()).toMatchObject({ offset: 5 });
  expect(performance.now() - began).toBeLessThan(5_000);

  // Once it ends, it is told like any other, also to a reading that had passed its records before.
  await dead.commit();
  expect([...(await (await events.claim(0)).readVerdicts('i-1')).keys()].sort()).toEqual([5, 99]);
});
