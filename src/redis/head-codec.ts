// SlotHead ↔ the hash `{tag}:head` (W, pins, counts) and the hash `{tag}:fleet` (the partition's share of the fleet).

import { emptySums } from '../domain/fleet-share.ts';
import { DEFAULT_FOLD_SETTINGS, FOLD_SETTING_NAMES, type FoldSettings } from '../domain/fold-settings.ts';
import type { FleetShare, FleetSums, GrownFrom, SlotHead, SlotPins } from '../domain/head.ts';
import { OUTCOMES, REJECT_REASONS } from '../domain/outcome.ts';
import { newClock } from '../domain/partition-clock.ts';
import type { SettingsChange } from '../domain/settings-change.ts';
import { LIVENESSES, PROCESSED_STATS } from '../domain/task-state.ts';
import { Fault } from '../pipeline/errors.ts';
import type { RecordFingerprint } from '../pipeline/ports.ts';
import { LAYOUT_VERSION } from './slot-keys.ts';
import { malformed, storedInteger, storedJson, storedSum, storedSymbol } from './stored-values.ts';

/** The pins, written once, with the first head. */
export function encodePins(pins: SlotPins): string[] {
  const flat = ['layout', LAYOUT_VERSION, 'origin', String(pins.origin), 'incarnation', pins.incarnation];
  flat.push('partition_count', String(pins.partition_count), 'fold_version', String(pins.fold_version));
  for (const setting of FOLD_SETTING_NAMES) flat.push(`origin_settings.${setting}`, String(pins.settings[setting]));
  const { growth } = pins;
  if (growth) flat.push('growth.id', growth.id, 'growth.partition_count', String(growth.partition_count));
  return flat;
}

/** The whole of a head that a growth has made, but W. */
export function encodeGrownHead(head: SlotHead): string[] {
  const flat = [...encodePins(head.pins), ...encodeSettings(head), ...encodeCounts(head)];
  return head.grown_from === null ? flat : [...flat, 'grown_from', JSON.stringify(head.grown_from)];
}

/** The settings in force, and how they became so: written with the first head, and with every save once they were changed. */
export function encodeSettings({ settings, changes }: SlotHead): string[] {
  const flat = FOLD_SETTING_NAMES.flatMap((setting) => [`settings.${setting}`, String(settings[setting])]);
  if (changes.length > 0) flat.push('changes', JSON.stringify(changes.map(changeInOrder)));
  return flat;
}

/** The same text for the same change, whoever made it. */
function changeInOrder({ change, offset, log_time, settings }: SettingsChange): SettingsChange {
  const changed = FOLD_SETTING_NAMES.filter((setting) => settings[setting] !== undefined);
  return { change, offset, log_time, settings: Object.fromEntries(changed.map((name) => [name, settings[name]])) };
}

/** The counts of the head, written with every save. */
export function encodeCounts(head: SlotHead): string[] {
  const flat = ['received', String(head.received)];
  for (const outcome of OUTCOMES) flat.push(`outcomes.${outcome}`, String(head.outcomes[outcome]));
  for (const [reason, count] of head.rejected_by_reason) flat.push(`rejected_by_reason.${reason}`, String(count));
  for (const [partition, offset] of head.rerouted_from) flat.push(`rerouted_from.${partition}`, String(offset));
  const { now, log_time, alarms_after } = head.clock;
  flat.push('clock.now', String(now), 'clock.alarms_after', String(alarms_after), 'ticks', String(head.ticks));
  if (log_time !== null) flat.push('clock.log_time', String(log_time));
  const { generation, controls } = head;
  flat.push('generation.number', String(generation.number), 'generation.since', String(generation.since));
  for (const kind of CONTROL_KINDS) flat.push(`controls.${kind}`, String(controls[kind]));
  return flat;
}

const CONTROL_KINDS = ['obeyed', 'repeated', 'ignored'] as const;

/** The record by which a later claim tells whether the log is still the one that was folded. */
export function encodeFingerprint({ offset, timestamp, scope, crc }: RecordFingerprint): string[] {
  const of = (field: keyof RecordFingerprint) => `fingerprint.${field}`;
  return [of('offset'), String(offset), of('timestamp'), String(timestamp), of('scope'), scope, of('crc'), String(crc)];
}

/** The whole of `{tag}:fleet`. */
export function encodeFleet(fleet: FleetShare): string[] {
  const flat = ['tasks', String(fleet.tasks), 'retired.tasks', String(fleet.retired.tasks)];
  encodeSums('', fleet, flat);
  encodeSums('retired.', fleet.retired, flat);
  for (const [status, tasks] of fleet.tasks_by_status) flat.push(`tasks_by_status.${status}`, String(tasks));
  for (const [liveness, tasks] of fleet.tasks_by_liveness) flat.push(`tasks_by_liveness.${liveness}`, String(tasks));
  for (const [reason, count] of fleet.failures_by_reason) flat.push(`failures_by_reason.${reason}`, String(count));
  return flat;
}

function encodeSums(prefix: string, sums: FleetSums, flat: string[]): void {
  const { job_creations, error_count, retry_count, processed_stats } = sums;
  flat.push(`${prefix}job_creations`, String(job_creations));
  flat.push(`${prefix}error_count`, String(error_count), `${prefix}retry_count`, String(retry_count));
  for (const [stat, sum] of processed_stats) flat.push(`${prefix}processed_stats.${stat}`, String(sum));
}

/** What the hash `{tag}:head` says; `counts` is all of a SlotHead but the fleet. */
export interface StoredHead {
  readonly watermark: number | null;
  /** the mark of a save or clearing that did not end */
  readonly saving: string | null;
  readonly fingerprint: RecordFingerprint | null;
  /** null: the slot is empty, or being cleared */
  readonly counts: Omit<SlotHead, 'fleet'> | null;
}

/** @throws Fault torn_save where the stored data is damaged, fold_differs where another layout wrote it */
export function decodeHead(key: string, flat: readonly string[]): StoredHead {
  const fields = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) fields.set(flat[i]!, flat[i + 1]!);
  const saving = fields.get('saving') ?? null;
  if (fields.size === 0 || (saving !== null && !fields.has('watermark'))) {
    return { watermark: null, saving, fingerprint: null, counts: null };
  }
  const text = (field: string): string => fields.get(field) ?? malformed(key, field, 'is missing');
  const integer = (field: string): number => storedInteger(key, field, text(field));
  if (text('layout') !== LAYOUT_VERSION) {
    throw new Fault(
      'fold_differs',
      `the Redis key ${JSON.stringify(key)} is of layout ${text('layout')}, this Taskfold writes layout ${LAYOUT_VERSION}`,
    );
  }
  const settingsOf = (group: string): FoldSettings => {
    const settings: { -readonly [setting in keyof FoldSettings]: number } = { ...DEFAULT_FOLD_SETTINGS };
    for (const setting of FOLD_SETTING_NAMES) settings[setting] = integer(`${group}.${setting}`);
    return settings;
  };
  const counts: Omit<SlotHead, 'fleet'> = {
    pins: {
      origin: integer('origin'),
      incarnation: text('incarnation'),
      partition_count: integer('partition_count'),
      fold_version: integer('fold_version'),
      settings: settingsOf('origin_settings'),
      ...(fields.has('growth.id')
        ? { growth: { id: text('growth.id'), partition_count: integer('growth.partition_count') } }
        : {}),
    },
    settings: settingsOf('settings'),
    changes: fields.has('changes') ? decodeChanges(key, text('changes')) : [],
    controls: {
      obeyed: integer('controls.obeyed'),
      repeated: integer('controls.repeated'),
      ignored: integer('controls.ignored'),
    },
    received: integer('received'),
    outcomes: { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 },
    rejected_by_reason: new Map(),
    rerouted_from: new Map(),
    clock: {
      now: integer('clock.now'),
      log_time: fields.has('clock.log_time') ? integer('clock.log_time') : newClock().log_time,
      alarms_after: integer('clock.alarms_after'),
    },
    generation: { number: integer('generation.number'), since: integer('generation.since') },
    ticks: integer('ticks'),
    grown_from: fields.has('grown_from') ? decodeGrownFrom(key, text('grown_from')) : null,
  };
  for (const outcome of OUTCOMES) counts.outcomes[outcome] = integer(`outcomes.${outcome}`);
  for (const [field, value] of fields) {
    const [group, name] = splitField(field);
    if (group === 'rejected_by_reason') {
      counts.rejected_by_reason.set(storedSymbol(key, field, name, REJECT_REASONS), storedInteger(key, field, value));
    } else if (group === 'rerouted_from') {
      counts.rerouted_from.set(storedInteger(key, field, name), storedInteger(key, field, value));
    }
  }
  const fingerprint: RecordFingerprint | null = fields.has('fingerprint.offset')
    ? {
        offset: integer('fingerprint.offset'),
        timestamp: integer('fingerprint.timestamp'),
        scope: storedSymbol(key, 'fingerprint.scope', text('fingerprint.scope'), ['value', 'key'] as const),
        crc: integer('fingerprint.crc'),
      }
    : null;
  return { watermark: integer('watermark'), saving, fingerprint, counts };
}

function decodeChanges(key: string, text: string): SettingsChange[] {
  const read = storedJson(key, 'changes', text);
  return Array.isArray(read) ? (read as SettingsChange[]) : malformed(key, 'changes', 'is no list');
}

function decodeGrownFrom(key: string, text: string): GrownFrom {
  const read = storedJson(key, 'grown_from', text) as GrownFrom | null;
  return Array.isArray(read?.cuts) ? read : malformed(key, 'grown_from', 'names no cuts');
}

/** @throws Fault torn_save where the stored data is damaged or absent */
export function decodeFleet(key: string, flat: readonly string[]): FleetShare {
  const fields = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) fields.set(flat[i]!, flat[i + 1]!);
  const text = (field: string): string => fields.get(field) ?? malformed(key, field, 'is missing');
  const sums = (prefix: string): FleetSums => ({
    ...emptySums(),
    job_creations: storedInteger(key, `${prefix}job_creations`, text(`${prefix}job_creations`)),
    error_count: storedSum(key, `${prefix}error_count`, text(`${prefix}error_count`)),
    retry_count: storedSum(key, `${prefix}retry_count`, text(`${prefix}retry_count`)),
  });
  const fleet: FleetShare = {
    tasks: storedInteger(key, 'tasks', text('tasks')),
    tasks_by_status: new Map(),
    tasks_by_liveness: new Map(),
    failures_by_reason: new Map(),
    ...sums(''),
    retired: { tasks: storedInteger(key, 'retired.tasks', text('retired.tasks')), ...sums('retired.') },
  };
  for (const [field, value] of fields) {
    const [group, name] = splitField(field);
    if (group === 'tasks_by_status') fleet.tasks_by_status.set(name, storedInteger(key, field, value));
    else if (group === 'failures_by_reason') fleet.failures_by_reason.set(name, storedInteger(key, field, value));
    else if (group === 'tasks_by_liveness') {
      fleet.tasks_by_liveness.set(storedSymbol(key, field, name, LIVENESSES), storedInteger(key, field, value));
    } else if (group === 'processed_stats') {
      fleet.processed_stats.set(storedSymbol(key, field, name, PROCESSED_STATS), storedSum(key, field, value));
    } else if (field.startsWith(RETIRED_STATS)) {
      const stat = storedSymbol(key, field, field.slice(RETIRED_STATS.length), PROCESSED_STATS);
      fleet.retired.processed_stats.set(stat, storedSum(key, field, value));
    }
  }
  return fleet;
}

const RETIRED_STATS = 'retired.processed_stats.';

function splitField(field: string): [group: string, name: string] {
  const dot = field.indexOf('.');
  return dot < 0 ? [field, ''] : [field.slice(0, dot), field.slice(dot + 1)];
}
