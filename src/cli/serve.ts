// `taskfold serve`: the API, and the page where it was built. Reads Redis and Kafka, and writes nothing.

import { getPriority, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { ClusterLink } from '../kafka/cluster-link.ts';
import { createKafka } from '../kafka/connection.ts';
import { reasonOf } from '../kafka/faults.ts';
import { createApiMetrics } from '../observe/api-metrics.ts';
import { createReads } from '../read/reads.ts';
import { connectRedis } from '../redis/connect.ts';
import { ChangeFeed } from '../serve/change-feed.ts';
import { FleetWatch } from '../serve/fleet-watch.ts';
import { LogEnds } from '../serve/log-ends.ts';
import { createServer } from '../serve/server.ts';
import { parseListenAddress } from '../setting.ts';
import { defineCommand } from './command-context.ts';
import { CommandFailure, EXIT } from './command-failure.ts';
import { createRejectsSource } from './serve/newest-rejects.ts';
import { createRequestRunner } from './serve/request-context.ts';
import { createUpdatesSource } from './serve/task-updates.ts';
import { tokenIssuer } from './serve/token-issuer.ts';
import { redisTarget } from './service-targets.ts';
import { kafkaConnection, kafkaLog } from './topic-admin.ts';
import { version } from './version.ts';

/** Ten looks at the slots a second are enough for any number of questions: as_of says when it was. */
const LOOK_SHARED_MS = 100;

/** Beside the compiled command (dist/cli/serve.js); what runs from the sources shows the page as it was built last. */
const PAGE = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/web/' : '../web/', import.meta.url));

export function serveCommand(): Command {
  return defineCommand({
    name: 'serve',
    summary: 'the API and the live page: read-only',
    description:
      'Answers the API (/openapi.json describes it) and shows the live page, from Redis and Kafka, until SIGTERM or SIGINT. It changes ' +
      'nothing. Services that are away are waited for, and named in every answer. Listens on the loopback unless told otherwise.',
    examples: [
      ['serve', 'at http://127.0.0.1:9460'],
      ['serve --listen 127.0.0.1:0', 'at a free port, which the log names'],
      [
        'serve --listen 0.0.0.0:9460 --api-tokens-file hashes',
        'for others, who bring a token whose SHA-256 is in the file',
      ],
      [
        'serve --listen 0.0.0.0:9460 --api-jwt-issuer https://id.example --api-jwt-audience taskfold --api-jwt-keys https://id.example/jwks',
        'for whoever has a token that id.example has signed for us',
      ],
      ['serve --redis-username reader', 'as a user of Redis who may only read (docs/reading.md)'],
    ],
    settings: ['services', 'names', 'serve'],
    stops: 'drains',
    service: true,
    async run(context) {
      const { config, logger, signal, output } = context;
      const { input_topic: topic, group, redis_prefix: prefix, client_id } = config;
      // Going back up would need rights.
      if (getPriority() < config.api_nice) setPriority(config.api_nice);
      const connection = connectRedis(redisTarget(config), {
        name: `${client_id}-serve`,
        commandTimeoutMs: config.service_timeout_ms,
        collectWrites: true,
        onProblem: (message) => logger.log('service_trouble', { service: 'Redis', message }, 'redis'),
        onRecovered: () => logger.log('service_back', { service: 'Redis' }),
      });
      context.closing(() => connection.close());
      const link = new ClusterLink(createKafka(kafkaConnection(config), 'read', kafkaLog(context)), topic);
      context.closing(() => link.close());
      const logEnds = new LogEnds(
        link,
        (error) => logger.log('service_trouble', { service: 'Kafka', message: reasonOf(error) }, 'kafka'),
        () => logger.log('service_back', { service: 'Kafka' }),
      );
      logEnds.start();
      context.closing(() => logEnds.stop());
      const reads = createReads({
        redis: connection.client,
        prefix,
        group,
        topic,
        logEndOf: (partition) => logEnds.of(partition),
        look_shared_ms: LOOK_SHARED_MS,
      });
      const watch = new FleetWatch(reads, logEnds);
      watch.start();
      context.closing(() => watch.stop());
      const feed = new ChangeFeed(reads);
      const metrics = createApiMetrics(() => feed.listeners);
      const runner = createRequestRunner(context);
      const app = await createServer(
        {
          topic,
          group,
          reads,
          logEnds,
          updatesOf: createUpdatesSource(runner),
          newestRejects: createRejectsSource(runner),
          watch,
          feed,
          metrics,
        },
        {
          version: version(),
          access: { tokenHashes: config.api_tokens, issuer: tokenIssuer(context) },
          requestsPerMinute: config.api_requests_per_minute,
          page: PAGE,
          onUnexpected: (error, path) => logger.log('broken', { error, path }, path),
        },
      );
      context.closing(() => app.close());
      const address = parseListenAddress(config.listen)!;
      const url = await app.listen(address).catch((error: NodeJS.ErrnoException) => {
        throw new CommandFailure(
          `TASKFOLD_LISTEN: cannot listen at "${config.listen}" (${error.code ?? error.message})`,
          EXIT.failed,
          'set another address or port, port 0 for a free one',
        );
      });
      logger.log('serving', { url });
      if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      await output.result({ url }, () => 'stopped');
      return EXIT.done;
    },
  });
}
