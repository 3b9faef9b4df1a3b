// Redis as a local child process. One of the three service kinds of the stack.
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';

export const redis = {
  kind: 'redis',
  title: 'Redis',
  envName: 'REDIS_URL',
  ports: ['port'],
  graceMs: 10_000,
  startMsMax: 30_000,
  url: ({ port }) => `redis://127.0.0.1:${port}`,

  async prepare({ folder, ports }) {
    mkdirSync(join(folder, 'data'), { recursive: true });
    writeFileSync(join(folder, 'redis.conf'), configuration(folder, ports));
  },

  command: ({ folder, programs }) => ({
    command: programs.redis.command,
    args: [join(folder, 'redis.conf')],
    env: programs.redis.env,
  }),

  answers: ({ port }) => ping(port),
};

function configuration(folder, { port }) {
  const lines = [
    '# Written anew at every start of the local stack.',
    'bind 127.0.0.1',
    `port ${port}`,
    'daemonize no',
    `dir "${join(folder, 'data')}"`,
    // Nothing that a fold has written may be evicted.
    'maxmemory-policy noeviction',
    // A snapshot at an orderly end and once an hour: `down` and `up` keep the state, kill -9 loses the latest writes,
    // which is what the tests of a Redis that fell back need.
    'appendonly no',
    'save 3600 1',
  ];
  return `${lines.join('\n')}\n`;
}

function ping(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (yes) => {
      resolve(yes);
      socket.destroy();
    };
    socket.setTimeout(2_000, () => answer(false));
    socket.on('error', () => answer(false));
    socket.on('close', () => answer(false));
    socket.on('connect', () => socket.write('PING\r\n'));
    // While it loads its snapshot it answers -LOADING.
    socket.on('data', (chunk) => answer(chunk.toString().startsWith('+PONG')));
  });
}
