// Forked by api-clients.ts: told the load, it opens the streams and asks; told to stop, it says what was answered.

import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Load, LoadDone } from './api-clients.ts';
import { listen } from './event-listener.ts';

/** Questions without an answer yet. */
const OPEN_MAX = 50;
const agent = new Agent({ keepAlive: true });

const [load] = (await once(process, 'message')) as [Load];
const streams = await Promise.all(Array.from({ length: load.clients }, () => listen(`${load.url}/api/changes`)));
const stop = new AbortController();
process.once('message', () => stop.abort());
const asking = [keepAsking(load.points, load.reads), keepAsking(load.paths, load.lists)];
process.send!('open');
const [reads, lists] = await Promise.all(asking);
if (!stop.signal.aborted) await once(stop.signal, 'abort');
const done: LoadDone = {
  reads: reads!,
  lists: lists!,
  streams: {
    events: streams.map(({ events }) => events),
    bytes: streams.reduce((sum, { bytes }) => sum + bytes, 0),
    ended: streams.filter(({ isOver }) => isOver).length,
  },
};
for (const stream of streams) stream.close();
process.send!(done);

/** Of a whole answer. The client costs as little as it can: with fetch it took twice of the cores. */
function statusOf(path: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(load.url + path, { agent }, (answer) => {
      answer.on('end', () => resolve(answer.statusCode)).on('error', reject);
      answer.resume();
    }).on('error', reject);
  });
}

/** Asks at this rate, however long the answers take, as long as not too many are on their way. @returns how many were answered */
async function keepAsking(paths: readonly string[], perSecond: number): Promise<number> {
  if (paths.length === 0 || perSecond === 0) return 0;
  let [asked, answered] = [0, 0];
  const open = new Set<Promise<void>>();
  const began = performance.now();
  const one = async (path: string) => {
    const status = await statusOf(path).catch(() => null);
    if (status === 200 || status === 404) answered++;
  };
  while (!stop.signal.aborted) {
    const due = ((performance.now() - began) * perSecond) / 1_000;
    while (asked < due && open.size < OPEN_MAX) {
      const asking: Promise<void> = one(paths[asked++ % paths.length]!).finally(() => open.delete(asking));
      open.add(asking);
    }
    await sleep(5);
  }
  await Promise.all(open);
  return answered;
}
