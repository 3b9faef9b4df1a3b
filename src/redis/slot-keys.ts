// Every Redis key is built here, and nowhere else. All keys of one partition share one hash tag, so that one script can
// write them all, on one node of a cluster. docs/decisions/redis-keys.md has the reasons.

import type { RollUpKind } from '../domain/roll-up.ts';
import { PLACES, type Place } from '../domain/task-places.ts';
import { slotSuffix } from './cluster-slot.ts';

/** Version of the published layout: key names, field names and their encoding. Stands in each head as `layout`. */
export const LAYOUT_VERSION = '1';

export interface SlotKeys {
  /** with its braces: `{<prefix>:<group>:<partition>:<suffix>}` */
  readonly tag: string;
  readonly head: string;
  readonly fleet: string;
  readonly outbox: string;
  readonly live: string;
  /** string that lapses: a tool of an operator holds the slot still */
  readonly hold: string;
  /** sorted set: when which task is to be looked at, ms of the partition's clock */
  readonly looks: string;
  /** sorted sets that lists of tasks are made of; scores as domain/task-places.ts says */
  readonly places: { readonly [place in Place]: string };
  /** a key that never exists; save.lua says what for */
  readonly absent: string;
  /** scratch keys of probe.lua: hash, list, string, stream, sorted set */
  readonly probes: readonly string[];
  /** hash of work requests that lead to tasks */
  workRequests(bucket: string): string;
  /** hash of tombstones */
  retired(generation: number, bucket: number): string;
  /** sorted set of the ids of the slot's jobs, or engines, all of score 0: in the order of their bytes */
  readonly rollUps: { readonly [kind in RollUpKind]: string };
  /** sorted set of the ids of the slot's jobs with a task that has not ended; score: the minute of the share's last update */
  readonly openJobs: string;
  /** hash: the slot's share of a job or engine */
  rollUp(kind: RollUpKind, id: string): string;
  /** sorted set of the ids of the job's tasks, like that of the jobs */
  jobTasks(internal_job_id: string): string;
  /** sorted set of the ids of the engine's tasks, scored as `by_status` */
  engineTasks(engine_id: string): string;
  /** the task's hash; its parts are this + `:io`, `:long`, `:ledger`, `:errors`, `:output` */
  task(internal_task_id: string): string;
}

const ROLL_UP_WORDS: { readonly [kind in RollUpKind]: string } = { internal_job_id: 'job', engine_id: 'engine' };
const PROBES = ['hash', 'list', 'string', 'stream', 'zset'] as const;

/** Letters, digits, `.`, `_` and `-` stay; all else is percent-encoded, so that a name cannot break the tag or a pattern. */
export function encodeName(name: string): string {
  return encodeURIComponent(name.toWellFormed()).replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`);
}

/** `:` separates a key's parts, so it is escaped within an id: task `x:io` never meets the io of task `x`. */
function encodeId(id: string): string {
  if (!id.includes(':') && !id.includes('%')) return id;
  return id.replace(/[%:]/g, (c) => (c === '%' ? '%25' : '%3A'));
}

/** The id in a key. */
export function decodeId(encoded: string): string {
  return encoded.includes('%') ? encoded.replace(/%3A|%25/g, (c) => (c === '%25' ? '%' : ':')) : encoded;
}

/** The keys of one partition: a pure function of prefix, group and partition. */
export function slotKeys(prefix: string, group: string, partition: number): SlotKeys {
  const groupStem = `${encodeName(prefix)}:${encodeName(group)}:`;
  const stem = `${groupStem}${partition}:`;
  const tag = `{${stem}${slotSuffix(groupStem, stem, partition)}}`;
  const taskPrefix = `${tag}:task:`;
  const rollUp = (kind: RollUpKind, id: string) => `${tag}:${ROLL_UP_WORDS[kind]}:${encodeId(id)}`;
  return {
    tag,
    head: `${tag}:head`,
    fleet: `${tag}:fleet`,
    outbox: `${tag}:outbox`,
    live: `${tag}:live`,
    hold: `${tag}:hold`,
    looks: `${tag}:looks`,
    places: Object.fromEntries(PLACES.map((place) => [place, `${tag}:${place}`])) as SlotKeys['places'],
    rollUps: { internal_job_id: `${tag}:jobs`, engine_id: `${tag}:engines` },
    openJobs: `${tag}:open_jobs`,
    rollUp,
    jobTasks: (internal_job_id) => `${rollUp('internal_job_id', internal_job_id)}:tasks`,
    engineTasks: (engine_id) => `${rollUp('engine_id', engine_id)}:tasks`,
    absent: `${tag}:absent`,
    probes: PROBES.map((kind) => `${tag}:probe:${kind}`),
    workRequests: (bucket) => `${tag}:work_requests:${bucket}`,
    retired: (generation, bucket) => `${tag}:retired:${generation}:${bucket}`,
    task: (internal_task_id) => taskPrefix + encodeId(internal_task_id),
  };
}

/** Keys of all partitions of one group, each built once. */
export function groupKeys(prefix: string, group: string): (partition: number) => SlotKeys {
  const built = new Map<number, SlotKeys>();
  return (partition) => {
    let keys = built.get(partition);
    if (!keys) {
      keys = slotKeys(prefix, group, partition);
      built.set(partition, keys);
    }
    return keys;
  };
}

/** Makes a text match only itself in a Redis glob pattern. */
function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]^]/g, (c) => `\\${c}`);
}

/** SCAN pattern of all keys of one slot. */
export function slotPattern(keys: SlotKeys): string {
  return `${escapeGlob(keys.tag)}:*`;
}

/** SCAN pattern of all task hashes and their parts, over all slots of a group. */
export function groupTasksPattern(prefix: string, group: string): string {
  return `{${escapeGlob(`${encodeName(prefix)}:${encodeName(group)}:`)}*}:task:*`;
}

/** SCAN pattern of all shares of jobs, or of engines, over all slots of a group; of jobs also the sets of their tasks. */
export function groupRollUpsPattern(prefix: string, group: string, kind: RollUpKind): string {
  return `{${escapeGlob(`${encodeName(prefix)}:${encodeName(group)}:`)}*}:${ROLL_UP_WORDS[kind]}:*`;
}

/** SCAN pattern of the heads of all slots of a group. */
export function groupHeadsPattern(prefix: string, group: string): string {
  return `{${escapeGlob(`${encodeName(prefix)}:${encodeName(group)}:`)}*}:head`;
}

/** SCAN pattern of what the owners of all slots of a group report. */
export function groupLivePattern(prefix: string, group: string): string {
  return `{${escapeGlob(`${encodeName(prefix)}:${encodeName(group)}:`)}*}:live`;
}

const TASK_KEY = /^\{[^}]*:(\d+):[0-9a-z]+\}:task:([^:]*)$/s;

/** Partition and id of a task hash's key; null for any other key, such as a part of a task. */
export function parseTaskKey(key: string): { partition: number; internal_task_id: string } | null {
  const found = TASK_KEY.exec(key);
  return found && { partition: Number(found[1]), internal_task_id: decodeId(found[2]!) };
}

const ROLL_UP_KEY = /^\{[^}]*:(\d+):[0-9a-z]+\}:(job|engine):([^:]*)(:tasks)?$/s;

/** What share a key belongs to: its own hash, or the set of a job's tasks; null for any other key. */
export function parseRollUpKey(
  key: string,
): { partition: number; kind: RollUpKind; id: string; isTasks: boolean } | null {
  const found = ROLL_UP_KEY.exec(key);
  if (found === null) return null;
  const kind = found[2] === 'job' ? 'internal_job_id' : 'engine_id';
  return { partition: Number(found[1]), kind, id: decodeId(found[3]!), isTasks: found[4] !== undefined };
}

const HEAD_OR_LIVE_KEY = /^\{[^}]*:(\d+):[0-9a-z]+\}:(head|live)$/s;

/** Partition of the key of a head, or of what an owner reports; null for any other key. */
export function parseSlotKey(key: string): number | null {
  const found = HEAD_OR_LIVE_KEY.exec(key);
  return found && Number(found[1]);
}
