// A client of /api/changes that costs as little as it can: it counts events and keeps none.

import { request } from 'node:http';

export interface Listener {
  readonly events: number;
  readonly bytes: number;
  /** ended by the server */
  readonly isOver: boolean;
  close(): void;
}

const BOUNDARY = Buffer.from('\n\n');

export function listen(url: string): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent: false }, (answer) => {
      const listener = { events: 0, bytes: 0, isOver: false, close: () => asked.destroy() };
      answer.on('data', (part: Buffer) => {
        listener.bytes += part.length;
        for (let at = part.indexOf(BOUNDARY); at >= 0; at = part.indexOf(BOUNDARY, at + 2)) listener.events++;
      });
      answer.on('end', () => {
        listener.isOver = true;
      });
      answer.on('error', () => {});
      resolve(listener);
    });
    asked.on('error', reject);
    asked.end();
  });
}
