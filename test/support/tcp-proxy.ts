// A TCP proxy that can swallow what the server answers and then cut the line: the server has done the work, and the
// client never learns it.

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface TcpProxy {
  readonly port: number;
  /** Bytes that clients have sent through it so far. */
  sent(): number;
  /** From now on no answer passes; resolves once one was swallowed, after which every line is cut and answers pass again. */
  swallowNextAnswer(): Promise<void>;
}

/** Ends with the test. */
export async function tcpProxy(targetPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let sent = 0;
  let swallowed: (() => void) | null = null;

  const server = createServer((client) => {
    const target = connect(targetPort, '127.0.0.1');
    for (const socket of [client, target]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        client.destroy();
        target.destroy();
      });
    }
    client.on('data', (chunk) => {
      sent += chunk.length;
      target.write(chunk);
    });
    target.on('data', (chunk) => {
      if (!swallowed) return void client.write(chunk);
      const tell = swallowed;
      swallowed = null;
      for (const socket of sockets) socket.destroy();
      tell();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    port: address.port,
    sent: () => sent,
    swallowNextAnswer: () => new Promise((resolve) => (swallowed = resolve)),
  };
}
