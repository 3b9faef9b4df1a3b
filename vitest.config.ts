// How the tests run: `pure` needs no service and starts at once; `services` shares one real Kafka, registry and Redis;
// `browser` opens the live page on them;
// `services-secured` shares the same Kafka and registry, by other doors, and a Redis Cluster;
// `alone` and `alone-secured` come last, one file at a time: what they measure by the clock is promised of a machine that has room.
import { defineConfig } from 'vitest/config';

const pureRooms = [
  'architecture',
  'config',
  'connect/settings',
  'domain',
  'engine',
  'observe',
  'pipeline',
  'schemas',
  'simulator',
  'serve',
  'topology',
  'verify',
  'web',
  'read/shared',
  'cli/output',
  'cli/progress',
  'cli/run-observer',
  'cli/watch-owner',
  'kafka/outage-reminder',
  'deploy/demo',
  'deploy/dependencies',
  'deploy/images',
  'deploy/kubernetes',
  'deploy/lock-file',
  'deploy/prometheus',
  'deploy/release',
  'docs/links',
];
/** The live page in a real Chromium. */
const browser = 'test/browser/**/*.test.ts';
const pure = pureRooms.flatMap((room) => [`test/${room}/**/*.test.ts`, `test/${room}.test.ts`]);

// The system suite once more, as fleets run it: Kafka over TLS with logins and rights, a Redis Cluster of three masters.
const securedToo = ['redis-loss', 'halts', 'bad-input', 'shutdown', 'services-away', 'serve'];
const alone = ['test/system/crash.test.ts'];
const services = ['test/support/global-setup.ts'];
const secured = ['test/support/secured-setup.ts'];

export default defineConfig({
  test: {
    // On two cores, which the services share: a third of what a test takes is waiting, for a session to time out or a broker to start.
    maxWorkers: 3,
    // Ends what hangs. Whatever a test waits for has a bound of its own.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    setupFiles: ['test/support/clean-environment.ts'],
    // kafkajs computes a negative time-out now and then; Node 24 warns of it each time it happens.
    execArgv: ['--disable-warning=TimeoutNegativeWarning'],
    projects: [
      { extends: true, test: { name: 'pure', include: pure } },
      {
        extends: true,
        test: {
          name: 'services',
          include: ['test/**/*.test.ts'],
          exclude: [...pure, browser, ...alone],
          globalSetup: services,
        },
      },
      {
        extends: true,
        test: {
          name: 'browser',
          include: [browser],
          globalSetup: [...services, 'test/browser/browser-setup.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'services-secured',
          include: securedToo.map((name) => `test/system/${name}.test.ts`),
          globalSetup: secured,
        },
      },
      // Files of a project with one worker wait for all others, and for one another.
      { extends: true, test: { name: 'alone', include: alone, globalSetup: services, maxWorkers: 1 } },
      { extends: true, test: { name: 'alone-secured', include: alone, globalSetup: secured, maxWorkers: 1 } },
    ],
  },
});
