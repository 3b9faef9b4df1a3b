// `taskfold doctor` on Redis: version, what it evicts, what it would come back with after a crash, Cluster and Sentinel, and
// what our user may do.

import type { Config } from '../../config.ts';
import type { RedisConnection } from '../../redis/connect.ts';
import { neededAclRules } from '../../redis/needed-rights.ts';
import { defineScripts } from '../../redis/scripts.ts';
import { lackingCommands, type ServerInfo, serverInfos, unfitnessOf } from '../../redis/server-fitness.ts';
import { slotKeys } from '../../redis/slot-keys.ts';
import { type Check, checksAbout, shownMs } from './check.ts';

const { ok, warn, fail } = checksAbout('redis');
const FULL_SHARE = 0.8;
/** An append-only file is written to the disk once a second. */
const AOF_MS = 2_000;

/** @param retentionMs of the input: how far back a replay can go; null: not known, Infinity: for ever */
export async function redisChecks(
  config: Config,
  connection: RedisConnection,
  retentionMs: number | null,
): Promise<Check[]> {
  const infos = await serverInfos(connection.client);
  const checks: Check[] = [];
  for (const [address, info] of infos) {
    checks.push(fitness(address, info, config), memory(address, info));
    checks.push(persistence(address, info, await savePoints(connection, address), retentionMs));
    checks.push(...copies(address, info, config));
  }
  checks.push(await rights(config, connection));
  return checks;
}

function fitness(address: string, info: ServerInfo, config: Config): Check {
  const unfit = unfitnessOf(info, config.redis_mode === 'cluster');
  const mode = config.redis_mode === 'single' ? '' : `, ${config.redis_mode}`;
  const policy = info.get('maxmemory_policy') ?? 'noeviction';
  if (unfit !== null) {
    const cure = /evict/.test(unfit)
      ? 'redis-cli CONFIG SET maxmemory-policy noeviction, and CONFIG REWRITE'
      : 'see the message';
    return fail('server', `${address}: ${unfit}`, cure);
  }
  if (policy !== 'noeviction' && info.get('maxmemory') !== '0') {
    const message = `${address}: maxmemory-policy is ${policy}: nothing of ours has a time to live, but noeviction says what is meant`;
    return warn('server', message, 'redis-cli CONFIG SET maxmemory-policy noeviction, and CONFIG REWRITE');
  }
  return ok('server', `${address}: Redis ${info.get('redis_version')}, ${policy}${mode}`);
}

function memory(address: string, info: ServerInfo): Check {
  const used = Number(info.get('used_memory') ?? 0);
  const most = Number(info.get('maxmemory') ?? 0);
  const shown = `${Math.round(used / 1e6)} MB`;
  if (most > 0 && used > FULL_SHARE * most) {
    const message = `${address}: ${shown} of ${Math.round(most / 1e6)} MB are used; when it is full, saves are refused and partitions wait`;
    return warn('memory', message, `redis-cli CONFIG SET maxmemory ${2 * most}`);
  }
  return ok('memory', `${address}: ${shown} used${most === 0 ? ', no limit' : ` of ${Math.round(most / 1e6)} MB`}`);
}

/** The longest interval of `save`, ms; null: it may not be asked; Infinity: no snapshots. */
async function savePoints(connection: RedisConnection, address: string): Promise<number | null> {
  try {
    const nodes = await connection.masters();
    const node = nodes.find(({ options }) => `${options.host}:${options.port}` === address) ?? nodes[0]!;
    const [, text = ''] = (await node.config('GET', 'save')) as string[];
    const seconds = text.split(' ').filter((_, at) => at % 2 === 0 && text !== '');
    return seconds.length === 0 ? Number.POSITIVE_INFINITY : 1_000 * Math.max(...seconds.map(Number));
  } catch {
    return null;
  }
}

function persistence(address: string, info: ServerInfo, savedEvery: number | null, retentionMs: number | null): Check {
  const aof = info.get('aof_enabled') === '1';
  const lastSave = Date.now() - 1_000 * Number(info.get('rdb_last_save_time') ?? 0);
  if (aof && info.get('aof_last_write_status') === 'err') {
    return fail('persistence', `${address}: the append-only file cannot be written`, "free Redis' disk; see its log");
  }
  if (!aof && info.get('rdb_last_bgsave_status') === 'err') {
    return fail(
      'persistence',
      `${address}: the last snapshot failed (${shownMs(lastSave)} ago is the last good one)`,
      "free Redis' disk, then redis-cli BGSAVE",
    );
  }
  const older = aof ? AOF_MS : (savedEvery ?? lastSave);
  const cure = 'redis-cli CONFIG SET appendonly yes, and CONFIG REWRITE';
  if (older === Number.POSITIVE_INFINITY) {
    const message = `${address}: it writes nothing to disk (appendonly no, save ""): a restart comes back empty`;
    if (retentionMs === Number.POSITIVE_INFINITY) {
      return warn(
        'persistence',
        `${message}; the input has everything, and would be folded again from its start`,
        cure,
      );
    }
    return fail('persistence', `${message}, and the input does not reach back to the first update`, cure);
  }
  if (retentionMs !== null && older * 2 > retentionMs) {
    const message = `${address}: after a crash it comes back as it was up to ${shownMs(older)} ago, and the input reaches back ${shownMs(retentionMs)} only`;
    return fail('persistence', message, `${cure}; or a longer retention.ms of the input`);
  }
  const how = aof ? 'appendonly' : 'snapshots';
  const back =
    retentionMs === null
      ? ''
      : `; the input reaches back ${retentionMs === Number.POSITIVE_INFINITY ? 'for ever' : shownMs(retentionMs)}`;
  return ok('persistence', `${address}: ${how}: a crash takes the last ${shownMs(older)} at most${back}`);
}

function copies(address: string, info: ServerInfo, config: Config): Check[] {
  if (config.redis_mode === 'single') return [];
  const replicas = Number(info.get('connected_slaves') ?? 0);
  if (replicas > 0) return [ok('replicas', `${address}: ${replicas} replicas`)];
  const partitions = config.redis_mode === 'cluster' ? 'its partitions stand still' : 'nothing is folded';
  return [
    warn(
      'replicas',
      `${address}: no replica: while this master is away, ${partitions}`,
      'redis-cli --cluster add-node <host:port> <any node> --cluster-slave (or "replicaof" on a second Redis)',
    ),
  ];
}

async function rights(config: Config, connection: RedisConnection): Promise<Check> {
  const { redis_prefix: prefix, group } = config;
  const { client } = connection;
  const rules = neededAclRules(prefix, group).join(' ');
  const user = config.redis_username || '<our user>';
  const everywhere = config.redis_mode === 'cluster' ? ' (on every node)' : '';
  try {
    const lacking = await lackingCommands(defineScripts(client), slotKeys(prefix, group, 0));
    if (lacking.length === 0) return ok('rights', `our Redis user may do what a save does, on {${prefix}:${group}:*`);
    return fail(
      'rights',
      `our Redis user may not run ${lacking.join(', ')}`,
      `redis-cli ACL SETUSER ${user} ${rules}${everywhere}`,
    );
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return fail('rights', said, `redis-cli ACL SETUSER ${user} ${rules}${everywhere}`);
  }
}
