// Kafka as a local child process: one node that is broker and controller (KRaft), small, with every replication factor
// at 1. One of the three service kinds of the stack.

import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { scramArguments, secureSettings } from './kafka-security.mjs';
import { run, StackError } from './run.mjs';

export const kafka = {
  kind: 'kafka',
  title: 'Kafka',
  envName: 'KAFKA_BROKERS',
  // The last two are for tests that ask for security.
  ports: ['port', 'controllerPort', 'loginPort', 'certificatePort'],
  graceMs: 20_000,
  startMsMax: 120_000,
  url: ({ port }) => `127.0.0.1:${port}`,

  async prepare({ folder, ports, programs, options }) {
    const security = options.keyStore === undefined ? {} : secureSettings(options, ports);
    writeFileSync(join(folder, 'server.properties'), properties(folder, ports, security));
    const data = join(folder, 'data');
    // The format tool writes this file last; without it the folder is new, or a format was cut short.
    if (existsSync(join(data, 'meta.properties')) && existsSync(join(data, 'bootstrap.checkpoint'))) return;
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data);
    // A cluster id may not begin with a dash: the tool would take it for an option.
    const clusterId = `t${randomBytes(16).toString('base64url').slice(0, 21)}`;
    const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', join(folder, 'server.properties')];
    if (options.users !== undefined) format.push(...scramArguments(options));
    const done = await run(programs.java, [...jvm(programs), '-XX:TieredStopAtLevel=1', ...format]);
    if (done.code !== 0) throw new StackError(`Kafka's storage could not be formatted: ${lastLine(done.output)}`);
  },

  command({ folder, programs, options }) {
    // What lives for a minute or two never earns back what the optimizing compiler and a parallel collector cost: half of its CPU.
    const pace = options.brief ? ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'] : [];
    const args = [...pace, '-Xms256m', '-Xmx768m', ...jvm(programs), 'kafka.Kafka', join(folder, 'server.properties')];
    return { command: programs.java, args };
  },

  /** True once the broker lists itself in its metadata: a listener that only accepts connections may still be fenced. */
  answers: ({ port }) =>
    brokersListed(port).then(
      (count) => count > 0,
      () => false,
    ),
};

function jvm(programs) {
  return [
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS',
    // It lists some four hundred settings at every start and for every topic.
    '-Dorg.slf4j.simpleLogger.log.org.apache.kafka.common.config=warn',
    ...['-Djava.awt.headless=true', '-cp', join(programs.kafka, '*')],
  ];
}

function properties(folder, { port, controllerPort }, security) {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    // A backslash starts an escape in a properties file.
    'log.dirs': join(folder, 'data').replaceAll('\\', '\\\\'),
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.num.partitions': 4,
    'auto.create.topics.enable': false,
    // A group starts at once, and a dead member is noticed within six seconds.
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 6_000,
    'num.io.threads': 4,
    'num.network.threads': 2,
    'background.threads': 2,
    // The cleaner's default buffer alone is 128 MB of the heap.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    ...security,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  return `# Written anew at every start of the local stack.\n${lines.join('')}`;
}

/** The number of brokers in a Metadata answer, by the bare wire protocol: nothing is installed yet. */
function brokersListed(port) {
  const METADATA = 3;
  const VERSION = 4;
  const request = Buffer.alloc(4 + 8 + 2 + 4 + 1);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(METADATA, 4);
  request.writeInt16BE(VERSION, 6);
  request.writeInt32BE(1, 8); // correlation id
  request.writeInt16BE(-1, 12); // no client id
  request.writeInt32BE(0, 14); // no topics asked for
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.setTimeout(2_000, () => socket.destroy(new Error('no answer')));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed')));
    socket.on('connect', () => socket.write(request));
    let answer = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      // Size, correlation id, throttle time, then the array of brokers with its count first.
      if (answer.length < 16) return;
      resolve(answer.readInt32BE(12));
      socket.destroy();
    });
  });
}

function lastLine(output) {
  return output.trim().split('\n').at(-1);
}
