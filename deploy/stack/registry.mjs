// The schema registry as a local child process: Apicurio, which speaks Confluent's API under /apis/ccompat/v7. One of
// the three service kinds of the stack.
import { readdirSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { StackError } from './run.mjs';

const CONFLUENT_API = '/apis/ccompat/v7';

export const registry = {
  kind: 'registry',
  title: 'Schema registry',
  envName: 'SCHEMA_REGISTRY_URL',
  ports: ['port'],
  graceMs: 10_000,
  startMsMax: 120_000,
  url: ({ port }) => `http://127.0.0.1:${port}${CONFLUENT_API}`,

  async prepare() {},

  command({ folder, ports, programs }) {
    const jar = readdirSync(programs.registry).find((name) => name.endsWith('-runner.jar'));
    if (!jar) throw new StackError(`${programs.registry} holds no registry: remove that folder and try again`);
    const settings = {
      'quarkus.http.host': '127.0.0.1',
      'quarkus.http.port': ports.port,
      // Its default database lives in memory: after a restart the old ids would be unknown and old records unreadable.
      // Without the write delay, not even kill -9 loses an id that was handed out.
      'quarkus.datasource.jdbc.url': `jdbc:h2:file:${join(folder, 'data', 'registry')};WRITE_DELAY=0`,
      'quarkus.log.console.color': false,
    };
    const flags = Object.entries(settings).map(([name, value]) => `-D${name}=${value}`);
    // Only the first compiler: it answers a few requests in its life, and starts with half the work (2.3 s of processor
    // time against 4.0 s).
    const jvm = ['-Xms96m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
    const args = [...jvm, ...flags, '-jar', join(programs.registry, jar)];
    return { command: programs.java, args };
  },

  answers: ({ port }) => status(`http://127.0.0.1:${port}${CONFLUENT_API}/subjects`).then((code) => code === 200),
};

function status(url) {
  return new Promise((resolve) => {
    const request = get(url, { timeout: 2_000, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
      response.on('error', () => resolve(undefined));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}
