// Redis as a local child process. One of the three service kinds of the stack. Tests ask for more than the plain one:
// TLS, users, a node of a Cluster, a sentinel (see RedisOptions in stack.d.mts).
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';

export const redis = {
  kind: 'redis',
  title: 'Redis',
  envName: 'REDIS_URL',
  // The bus is what the nodes of a Cluster speak over.
  ports: ['port', 'busPort'],
  graceMs: 10_000,
  startMsMax: 30_000,
  url: ({ port }, { tls } = {}) => `${tls ? 'rediss' : 'redis'}://127.0.0.1:${port}`,

  async prepare({ folder, ports, options }) {
    mkdirSync(join(folder, 'data'), { recursive: true });
    const users = join(folder, 'data', 'users.acl');
    if (options.users && !existsSync(users)) writeFileSync(users, `${options.users.join('\n')}\n`);
    writeFileSync(join(folder, 'redis.conf'), configuration(folder, ports, options));
  },

  command: ({ folder, programs, options }) => ({
    command: programs.redis.command,
    args: [join(folder, 'redis.conf'), ...(options.sentinel ? ['--sentinel'] : [])],
    env: programs.redis.env,
  }),

  answers: ({ port }, { tls } = {}) => ping(port, tls),
};

function configuration(folder, { port, busPort }, { tls, cluster, users, sentinel, lines: more = [] }) {
  const data = join(folder, 'data');
  const lines = [
    '# Written anew at every start of the local stack.',
    'bind 127.0.0.1',
    `port ${tls ? 0 : port}`,
    'daemonize no',
    `dir "${data}"`,
  ];
  if (tls) {
    lines.push(`tls-port ${port}`, `tls-cert-file "${tls.certificate}"`, `tls-key-file "${tls.key}"`);
    lines.push(`tls-ca-cert-file "${tls.authority}"`, `tls-auth-clients ${tls.clients ?? 'no'}`, 'tls-replication yes');
  }
  if (sentinel) return `${[...lines, ...more].join('\n')}\n`;
  lines.push(
    // Nothing that a fold has written may be evicted.
    'maxmemory-policy noeviction',
    // A snapshot at an orderly end and once an hour: `down` and `up` keep the state, kill -9 loses the latest writes,
    // which is what the tests of a Redis that fell back need.
    'appendonly no',
    'save 3600 1',
  );
  if (cluster) {
    lines.push('cluster-enabled yes', `cluster-port ${busPort}`, 'cluster-announce-ip 127.0.0.1');
    lines.push('cluster-node-timeout 5000', ...(tls ? ['tls-cluster yes'] : []));
  }
  if (users) lines.push(`aclfile "${join(data, 'users.acl')}"`);
  return `${[...lines, ...more].join('\n')}\n`;
}

function ping(port, tls) {
  return new Promise((resolve) => {
    // Whether it answers is asked, and not who it is.
    const own = tls && { cert: readFileSync(tls.certificate), key: readFileSync(tls.key), rejectUnauthorized: false };
    const options = { port, host: '127.0.0.1' };
    const socket = own ? connectTls({ ...options, ...own }) : connect(options);
    const answer = (yes) => {
      resolve(yes);
      socket.destroy();
    };
    socket.setTimeout(2_000, () => answer(false));
    socket.on('error', () => answer(false));
    socket.on('close', () => answer(false));
    socket.on(own ? 'secureConnect' : 'connect', () => socket.write('PING\r\n'));
    // While it loads its snapshot it answers -LOADING; one that asks for a password answers -NOAUTH.
    socket.on('data', (chunk) => answer(/^(\+PONG|-NOAUTH)/.test(chunk.toString())));
  });
}
