// Opens Redis for a command: typed reads, or the bare connection; it closes with the command.

import { createLiveReads, type LiveReads } from '../read/live-reads.ts';
import { connectRedis, type RedisConnection } from '../redis/connect.ts';
import type { CommandContext } from './command-context.ts';
import { redisTarget } from './service-targets.ts';

const READY_MS_MAX = 5_000;

/** @throws Fault service_unavailable after five seconds */
export async function openRedis(context: CommandContext): Promise<RedisConnection> {
  const { client_id, service_timeout_ms } = context.config;
  const connection = connectRedis(redisTarget(context.config), {
    name: client_id,
    commandTimeoutMs: service_timeout_ms,
  });
  context.closing(() => connection.close());
  await connection.ready(READY_MS_MAX);
  return connection;
}

/** The questions that dashboards may ask, too. @throws Fault service_unavailable */
export async function openReads(context: CommandContext): Promise<LiveReads> {
  const { redis_prefix: prefix, group, input_topic: topic } = context.config;
  const { client: redis } = await openRedis(context);
  return createLiveReads({ redis, prefix, group, topic });
}
