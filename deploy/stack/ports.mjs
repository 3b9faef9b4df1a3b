// Free loopback ports for the local stack, and whether something listens on one.
import { createServer } from 'node:net';

// Below the range that operating systems hand to outgoing connections (32768 and up on Linux): a service that is
// restarted on its port must not find it taken by somebody's client socket.
const FIRST = 20_000;
const LAST = 32_000;
const ATTEMPTS_MAX = 200;

export async function freePort(taken = new Set()) {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (!taken.has(port) && (await isFree(port))) {
      taken.add(port);
      return port;
    }
  }
  throw new Error(`no free port found between ${FIRST} and ${LAST}`);
}

export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
