// What a processor sends to Redis, recorded by a proxy on the way, to be sent again with nobody deciding anything.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export interface Recorder {
  /** the URL to give to a processor in place of Redis' own */
  readonly url: string;
  /** All that the busiest connection has sent. */
  busiest(): Buffer;
  close(): void;
}

export async function recorder(redisUrl: string): Promise<Recorder> {
  const target = new URL(redisUrl);
  const connections: Buffer[][] = [];
  const server = createServer((client) => {
    const chunks: Buffer[] = [];
    connections.push(chunks);
    const redis = connect(Number(target.port), target.hostname);
    client.on('data', (chunk) => chunks.push(chunk));
    client.pipe(redis).pipe(client);
    for (const socket of [client, redis]) {
      socket.on('error', () => socket.destroy());
      socket.on('close', () => [client, redis].forEach((one) => void one.destroy()));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `redis://127.0.0.1:${port}`,
    busiest() {
      const sent = connections.map((chunks) => Buffer.concat(chunks));
      return sent.reduce((most, one) => (one.length > most.length ? one : most), Buffer.alloc(0));
    },
    close: () => server.close(),
  };
}

const END = 'all of it was answered';

/** Sends the bytes as fast as Redis takes them. @returns s until the last answer */
export async function sendAgain(redisUrl: string, bytes: Buffer): Promise<number> {
  const { hostname, port } = new URL(redisUrl);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const began = performance.now();
  let tail = '';
  const answered = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - 100))).slice(-100);
      if (tail.includes(END)) resolve();
    });
  });
  socket.write(bytes);
  socket.write(`*2\r\n$4\r\nECHO\r\n$${END.length}\r\n${END}\r\n`);
  await answered;
  socket.destroy();
  return (performance.now() - began) / 1_000;
}
