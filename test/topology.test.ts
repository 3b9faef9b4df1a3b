// The one expression that names topics, subjects, groups and transactional ids.
import { expect, test } from 'vitest';
import { COPY_ROOM_BYTES, topologyOf } from '../src/topology.ts';

const topology = topologyOf({ inputTopic: 'task-status', group: 'taskfold' });

test('the names that operators see', () => {
  expect(topology.topics.map(({ topic, schema }) => [topic, schema?.subject])).toEqual([
    ['task-status', 'task-status-value'],
    ['task-failures', 'task-failures-value'],
    ['job-creations', 'job-creations-value'],
    ['task-status-rejects', 'task-status-rejects-value'],
    ['taskfold.schemas', undefined],
    ['taskfold.replays', undefined],
  ]);
  expect(topology.groups).toEqual({ members: 'taskfold', emitted: 'taskfold.emitted' });
});

test('each input partition has a transactional id of its own, in each group and topic', () => {
  const other = topologyOf({ inputTopic: 'task-status', group: 'second' });
  const third = topologyOf({ inputTopic: 'third', group: 'taskfold' });
  const ids = [topology, other, third].flatMap(({ transactionalId }) => [0, 1].map(transactionalId));
  expect(ids[0]).toBe('taskfold.taskfold.task-status.0');
  const replays = [topology, other, third].map(({ replayTransactionalId }) => replayTransactionalId);
  expect(new Set([...ids, ...replays]).size).toBe(9);
});

test('log time is the brokers of the input topic only', () => {
  expect(topology.topics.map(({ timestampType }) => timestampType)).toEqual([
    'LogAppendTime',
    'CreateTime',
    'CreateTime',
    'CreateTime',
    'CreateTime',
    'CreateTime',
  ]);
});

test('a record that may be copied fits the input with our headers, and the outgoing topics with a margin more', () => {
  const [input, ...outgoing] = topology.topics.slice(0, 4).map(({ messageBytesMin }) => messageBytesMin(1_000_000));
  expect(input).toBe(1_000_000 + COPY_ROOM_BYTES);
  expect(outgoing.every((bytes) => bytes === input! + 65_536)).toBe(true);
});

test('verdicts and replays are kept for ever, each in one partition: whoever folds or replays again needs all of them in one order', () => {
  for (const plan of [topology.verdicts, topology.replays]) {
    expect(plan).toMatchObject({ partitions: 1, retention: 'for_ever' });
  }
});
