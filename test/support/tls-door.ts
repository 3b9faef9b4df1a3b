// A TLS listener before a plain service of the loopback, with whatever certificate a test wants it to show.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { onTestFinished } from 'vitest';
import type { Issued } from './certificates.ts';

/** Its port; it ends with the test. */
export async function tlsDoor(targetPort: number, { certificate, key }: Issued): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ cert: certificate, key }, (client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    client.pipe(target).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the door has no port');
  return address.port;
}
