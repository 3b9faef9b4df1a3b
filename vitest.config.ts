// How the tests run: `pure` needs no service and starts at once; `services` shares one real Kafka, registry and Redis.
import { defineConfig } from 'vitest/config';

const pureRooms = [
  'architecture',
  'config',
  'domain',
  'engine',
  'observe',
  'pipeline',
  'schemas',
  'simulator',
  'topology',
  'verify',
  'cli/output',
  'cli/progress',
  'cli/run-observer',
  'kafka/outage-reminder',
  'deploy/demo',
  'deploy/images',
  'deploy/lock-file',
];
const pure = pureRooms.flatMap((room) => [`test/${room}/**/*.test.ts`, `test/${room}.test.ts`]);

export default defineConfig({
  test: {
    // Two cores, shared with the services' own processes. More workers would only make time-outs out of waits.
    maxWorkers: 2,
    testTimeout: 60_000,
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
          exclude: pure,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
    ],
  },
});
