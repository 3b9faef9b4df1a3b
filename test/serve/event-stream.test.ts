import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { positionOf, positionText } from '../../src/serve/change-feed.ts';
import { EventStream, eventText } from '../../src/serve/event-stream.ts';
import { followEvents } from '../system/event-client.ts';

async function streams(count: number) {
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => responses.push(response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const dropped: number[] = [];
  const clients = [];
  const opened: EventStream[] = [];
  for (let n = 0; n < count; n++) {
    const asked = followEvents(url);
    while (responses.length === n) await new Promise(setImmediate);
    opened.push(new EventStream(responses[n]!, { 'x-own': '1' }, () => dropped.push(n)));
    clients.push(await asked);
  }
  return { opened, clients, dropped, responses };
}

test('a client that takes nothing is let go with a word, what waits for it stays bounded, and others hear everything', async () => {
  const { opened, clients, dropped, responses } = await streams(2);
  const [slow, brisk] = clients;
  let ends = 0;
  opened[0]!.onEnd(() => ends++);
  slow!.pause();
  const text = JSON.stringify('x'.repeat(50_000));
  let most = 0;
  let sent = 0;
  while (!opened[0]!.isOver && sent < 2_000) {
    for (const stream of opened) stream.send('fleet', text);
    sent++;
    most = Math.max(most, responses[0]!.writableLength);
    while (brisk!.events.length < sent) await new Promise(setImmediate);
  }
  expect([dropped, ends, opened[1]!.isOver]).toEqual([[0], 1, false]);
  expect(most).toBeLessThan(1_200_000);
  // It was over at once; what it had not taken yet comes, and the reason last.
  opened[0]!.send('fleet', text);
  slow!.resume();
  await slow!.ended;
  expect(slow!.events).toHaveLength(sent + 1);
  expect(slow!.events.at(-1)).toMatchObject({
    event: 'dropped',
    data: { reason: expect.stringMatching(/too little/) },
  });
  opened[1]!.sendWritten(Buffer.from(eventText('last', '1', 'an-id')));
  opened[1]!.close('the server stops');
  await brisk!.ended;
  expect(brisk!.events.slice(-2)).toEqual([
    { event: 'last', id: 'an-id', data: 1 },
    { event: 'dropped', data: { reason: 'the server stops' } },
  ]);
});

test('a position reads back as it was, and anything else is none', () => {
  const position = new Map([
    [0, 1_700_000_000_000],
    [11, 0],
  ]);
  expect(positionOf(positionText(position))).toEqual(position);
  for (const text of ['', 'x', '0', '0.', '0.1~', '-1.1', '0.1 ', '0.é']) expect(positionOf(text), text).toBeNull();
});

test('a stream ends when its token does, and no sooner, also beyond what a timer can wait', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const day = 86_400_000;
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const stream = new EventStream(response, {}, () => {});
  stream.closeAt(Date.now() + 60 * day, 'the token has expired');
  vi.advanceTimersByTime(60 * day - 1);
  expect(stream.isOver).toBe(false);
  vi.advanceTimersByTime(1);
  expect(stream.isOver).toBe(true);
  const gone = new EventStream(new ServerResponse(new IncomingMessage(new Socket())), {}, () => {});
  gone.closeAt(Date.now() - 1, 'the token has expired');
  expect(gone.isOver).toBe(true);
  vi.runAllTimers();
  expect(vi.getTimerCount(), 'timers that are left').toBe(0);
});
