// Keeps the merged sums of the fleet and of each engine fresh, if this processor is the one that does. Nothing depends on it.

import { setTimeout as sleep } from 'node:timers/promises';
import { createReads } from '../../read/reads.ts';
import { connectRedis } from '../../redis/connect.ts';
import { holdLease, type MergedFields, mergedKeys, writeMerged, writeMergedEngines } from '../../redis/merged-sums.ts';
import type { CommandContext } from '../command-context.ts';
import { redisTarget } from '../service-targets.ts';

const EVERY_MS = 1_000;
/** Another one takes over after this, ms. */
const LEASE_MS = 3_000;
/** The engines take this share of the time at most: the fold has better uses for it. */
const ENGINES_SHARE = 0.02;
const ENGINES_AT_ONCE = 200;

/** @returns how to stop */
export function mergeSums({ config }: CommandContext, owner: string): () => Promise<void> {
  const { redis_prefix: prefix, group, input_topic: topic, client_id, service_timeout_ms } = config;
  const stopping = new AbortController();
  const connection = connectRedis(redisTarget(config), {
    name: `${client_id}-sums`,
    commandTimeoutMs: service_timeout_ms,
  });
  const redis = connection.client;
  const keys = mergedKeys(prefix, group);
  const reads = createReads({ redis, prefix, group, topic });
  let enginesAt = 0;

  async function mergeFleet(): Promise<void> {
    const { fleet, as_of } = await reads.readFleet();
    // Sums without some partitions would look like less: the older ones, which say how old they are, stay.
    if (fleet === null || as_of.unreachable.length > 0) return;
    const { as_of: _, ...figures } = fleet;
    const { read_at, complete_until = '', lag = '', halted } = as_of;
    const told = { read_at, complete_until, lag, halted: halted.join(' '), partitions: as_of.partitions.length };
    await writeMerged(redis, new Map([[keys.fleet, { ...flat(figures), ...told }]]));
  }

  async function mergeEngines(): Promise<void> {
    const ids: string[] = [];
    for (let after: string | undefined; ; ) {
      const { engines, next, as_of } = await reads.readEngines(ENGINES_AT_ONCE, after);
      const { read_at, complete_until = '' } = as_of;
      const hashes = engines.map(({ as_of: _, ...figures }): [string, MergedFields] => {
        ids.push(figures.engine_id);
        return [keys.engine(figures.engine_id), { ...flat(figures), read_at, complete_until }];
      });
      await writeMerged(redis, new Map(hashes));
      if (next === undefined) break;
      after = next;
    }
    await writeMergedEngines(redis, keys, ids);
  }

  const working = (async () => {
    while (!stopping.signal.aborted) {
      const began = performance.now();
      try {
        if (await holdLease(redis, keys, owner, LEASE_MS)) {
          await mergeFleet();
          if (performance.now() >= enginesAt) {
            const from = performance.now();
            await mergeEngines();
            enginesAt = from + Math.min(60_000, (performance.now() - from) / ENGINES_SHARE);
          }
        }
      } catch {
        // Redis is away, which those who fold say; the next turn may find it back.
      }
      const left = Math.max(100, EVERY_MS - (performance.now() - began));
      await sleep(left, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return async () => {
    stopping.abort();
    await Promise.race([working, sleep(500, undefined, { ref: false })]);
    connection.close();
  };
}

/** `tasks_by_status.running` and so on; what is absent is left out. */
function flat(figures: object, prefix = ''): MergedFields {
  const fields: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(figures) as [string, unknown][]) {
    if (typeof value === 'number' || typeof value === 'string') fields[prefix + name] = value;
    else if (typeof value === 'object' && value !== null) Object.assign(fields, flat(value, `${prefix}${name}.`));
  }
  return fields;
}
