// Every setting of Taskfold, in one typed list, and the only place that reads the environment. A flag overrides the
// environment, the environment overrides the default. A bad or unknown value stops the start and names itself.

import { z } from 'zod';
import { DEFAULT_FOLD_SETTINGS, FOLD_SETTING_NAMES, type FoldSettings } from './domain/fold-settings.ts';

/** What a setting belongs to; a sub-command takes only the groups that it needs. */
export type SettingGroup = 'services' | 'names' | 'run' | 'fold' | 'topics' | 'logs';

export interface Setting<Name extends string = string, Value = unknown> {
  /** the key in `Config`; unit and bounds last */
  readonly name: Name;
  readonly env: string;
  readonly flag: string;
  readonly group: SettingGroup;
  readonly default: Value;
  /** '' where the value has none */
  readonly unit: string;
  /** what is allowed, as a sentence's end: "a whole number from 1 to 10" */
  readonly bounds: string;
  readonly doc: string;
  /** holds, or may hold, a credential: never printed as it is */
  readonly secret?: boolean;
  /** text, as a flag or the environment has it, to value */
  readonly parse: z.ZodType<Value, string>;
}

type Spec = { group: SettingGroup; doc: string; unit?: string; env?: string; secret?: boolean };

function setting<Name extends string, Value>(
  name: Name,
  fallback: Value,
  bounds: string,
  parse: z.ZodType<Value, string>,
  { group, doc, unit = '', env = `TASKFOLD_${name.toUpperCase()}`, secret = false }: Spec,
): Setting<Name, Value> {
  const flag = `--${name.replaceAll('_', '-')}`;
  return { name, env, flag, group, default: fallback, unit, bounds, doc, secret, parse };
}

function integer<Name extends string>(name: Name, fallback: number, min: number, max: number, spec: Spec) {
  const parse = z
    .string()
    .regex(/^\d{1,16}$/)
    .transform(Number)
    .pipe(z.number().int().min(min).max(max));
  return setting(name, fallback, `a whole number from ${thousands(min)} to ${thousands(max)}`, parse, spec);
}

function seconds<Name extends string>(name: Name, fallback: number, min: number, max: number, spec: Spec) {
  const parse = z
    .string()
    .regex(/^\d{1,9}(\.\d{1,3})?$/)
    .transform(Number)
    .pipe(z.number().min(min).max(max));
  return setting(name, fallback, `a number from ${min} to ${thousands(max)}`, parse, { unit: 's', ...spec });
}

function kafkaName<Name extends string>(name: Name, fallback: string, spec: Spec) {
  // Kafka's own rule is 249; the names derived from these (`<group>.emitted`) need some room.
  const parse = z.string().regex(/^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/);
  return setting(name, fallback, 'at most 200 letters, digits, dots, hyphens and underscores', parse, spec);
}

function oneOf<Name extends string, const Value extends string>(
  name: Name,
  fallback: Value,
  values: readonly Value[],
  spec: Spec,
) {
  return setting<Name, Value>(name, fallback, `one of ${values.join(', ')}`, z.string().pipe(z.enum(values)), spec);
}

function url<Name extends string>(name: Name, fallback: string, protocols: readonly string[], spec: Spec) {
  const schemes = protocols.map((protocol) => `${protocol}//`).join(' or ');
  const parse = z.string().refine((text) => {
    // `redis:/user:password@host` parses as well, as a path.
    if (!protocols.some((protocol) => text.startsWith(`${protocol}//`)) || !URL.canParse(text)) return false;
    return new URL(text).hostname !== '';
  });
  return setting(name, fallback, `a URL that begins with ${schemes}`, parse, { secret: true, ...spec });
}

const brokerList = z
  .string()
  .transform((text) => text.split(',').map((broker) => broker.trim()))
  .pipe(z.array(z.string().regex(/^(\[[0-9A-Fa-f:]+\]|[^\s:/@,[\]]+):\d{1,5}$/)).min(1));

export const settings = [
  setting('kafka_brokers', ['localhost:9092'], 'host:port, several separated by commas', brokerList, {
    group: 'services',
    env: 'KAFKA_BROKERS',
    doc: 'Kafka brokers to start from.',
  }),
  url('schema_registry_url', 'http://localhost:8081', ['http:', 'https:'], {
    group: 'services',
    env: 'SCHEMA_REGISTRY_URL',
    doc: 'Schema registry with the Confluent API; user and password may stand in the URL.',
  }),
  url('redis_url', 'redis://localhost:6379', ['redis:', 'rediss:'], {
    group: 'services',
    env: 'REDIS_URL',
    doc: 'Redis that holds the state; user, password and database may stand in the URL. Its maxmemory-policy must be noeviction.',
  }),
  integer('service_timeout_ms', 5_000, 100, 600_000, {
    group: 'services',
    unit: 'ms',
    doc: 'How long one request to Redis or the registry may take.',
  }),

  kafkaName('input_topic', 'task-status', { group: 'names', doc: 'Topic that the engines publish to.' }),
  kafkaName('group', 'taskfold', {
    group: 'names',
    doc: 'Consumer group. Processors with the same group share the work; the offsets of what was emitted are in the group `<group>.emitted`, the verdicts on schemas in the topic `<group>.schemas`: delete neither.',
  }),
  kafkaName('failures_topic', 'task-failures', { group: 'names', doc: 'Topic of the failure events.' }),
  kafkaName('job_creations_topic', 'job-creations', {
    group: 'names',
    doc: 'Topic of the job-creation events. They hold job tokens: give it the access rules of the input.',
  }),
  kafkaName('rejects_topic', 'task-status-rejects', {
    group: 'names',
    doc: 'Topic of rejected records, bytes included: give it the access rules of the input.',
  }),
  kafkaName('redis_prefix', 'taskfold', { group: 'names', doc: 'Begin of every key in Redis.' }),
  kafkaName('client_id', 'taskfold', { group: 'names', doc: 'Client id that brokers see in their logs and quotas.' }),

  integer('batch_records_max', 4_000, 1, 100_000, {
    group: 'run',
    unit: 'records',
    doc: 'How many records are folded and saved in one step.',
  }),
  integer('cache_tasks', 20_000, 0, 10_000_000, {
    group: 'run',
    unit: 'tasks a partition',
    doc: 'How many tasks a partition keeps in memory; the others are read back from Redis when they are needed.',
  }),
  integer('fetch_wait_ms', 100, 1, 10_000, {
    group: 'run',
    unit: 'ms',
    doc: 'How long a fetch waits for a first record.',
  }),
  integer('notices_page', 2_000, 1, 100_000, {
    group: 'run',
    unit: 'notices',
    doc: 'How many pending notices of an earlier owner are read from Redis at once.',
  }),
  integer('pending_bytes_max', 8_388_608, 1_024, 1_073_741_824, {
    group: 'run',
    unit: 'bytes a partition',
    doc: 'How much outgoing messages of a partition may hold while they wait for a running Kafka transaction before the fold waits, too.',
  }),
  seconds('emitted_mark_every_s', 300, 1, 86_400, {
    group: 'run',
    doc: 'How often the emitted mark is committed again when nothing leaves, so that Kafka does not expire it.',
  }),
  seconds('partition_count_every_s', 30, 1, 86_400, {
    group: 'run',
    doc: 'How often it is checked that the input topic still has as many partitions.',
  }),
  integer('live_every_ms', 1_000, 100, 60_000, {
    group: 'run',
    unit: 'ms',
    doc: 'How often a partition tells dashboards about its owner and its state.',
  }),
  integer('resume_poll_ms', 1_000, 100, 60_000, {
    group: 'run',
    unit: 'ms',
    doc: 'How often a halted partition looks whether an operator asks it to go on.',
  }),
  seconds('unknown_schema_wait_s', 5, 0, 3_600, {
    group: 'run',
    doc: 'How long the registry must deny a schema id before the records that carry it are rejected.',
  }),
  integer('backoff_ms_min', 200, 1, 60_000, {
    group: 'run',
    unit: 'ms',
    doc: 'Shortest wait before a partition is claimed again after a fault. The wait is random and grows while a service is away.',
  }),
  integer('backoff_ms_max', 2_000, 1, 600_000, {
    group: 'run',
    unit: 'ms',
    doc: 'Longest such wait; while a service stays away, up to four times as long.',
  }),
  integer('drain_ms_max', 5_000, 100, 600_000, {
    group: 'run',
    unit: 'ms',
    doc: 'How long a stopping processor may finish what it began. Leaving the group takes up to three seconds more.',
  }),

  integer('errors_kept', DEFAULT_FOLD_SETTINGS.errors_kept, 0, 1_000, {
    group: 'fold',
    unit: 'errors a task',
    doc: 'How many errors of `error_details` a task keeps, the newest.',
  }),
  integer('reporters_kept', DEFAULT_FOLD_SETTINGS.reporters_kept, 1, 100_000, {
    group: 'fold',
    unit: 'work requests a task',
    doc: 'How many reporters a task remembers. Beyond it the one without an update for longest is let go; its totals stay in the sum.',
  }),
  integer('priors_kept', DEFAULT_FOLD_SETTINGS.priors_kept, 1, 1_000, {
    group: 'fold',
    unit: 'intervals a reporter',
    doc: 'Of how many intervals (by `prior_timestamp`) the ledger remembers what a reporter told. What is older than all of them is not added, and marked.',
  }),
  integer('reporter_idle_s', DEFAULT_FOLD_SETTINGS.reporter_idle_s, 1, 31_536_000, {
    group: 'fold',
    unit: 's',
    doc: 'Time without an update, by the clock of the partition, after which the intervals of a reporter are forgotten; its totals stay.',
  }),
  integer('ios_kept', DEFAULT_FOLD_SETTINGS.ios_kept, 1, 100_000, {
    group: 'fold',
    unit: 'ids a side and task',
    doc: 'How many inputs, and how many outputs, a task keeps. Counters of further ids are dropped and counted.',
  }),
  integer('copy_bytes_max', DEFAULT_FOLD_SETTINGS.copy_bytes_max, 1_024, 100_000_000, {
    group: 'fold',
    unit: 'bytes',
    doc: 'Largest record that is copied into an outgoing topic. Keep it 64 KiB or more below the max.message.bytes of the input topic.',
  }),
  integer('silence_after_s', DEFAULT_FOLD_SETTINGS.silence_after_s, 1, 86_400, {
    group: 'fold',
    unit: 's',
    doc: 'Time without an update, by the clock of the partition, after which a task with open work requests is silent. Take three heartbeats or more: a hole in the log of up to half of this counts as time in which engines could report.',
  }),
  integer('stalled_after_s', DEFAULT_FOLD_SETTINGS.stalled_after_s, 1, 31_536_000, {
    group: 'fold',
    unit: 's',
    doc: 'Time after which a task whose engines report, and process nothing, is stalled.',
  }),
  integer('retain_finished_s', DEFAULT_FOLD_SETTINGS.retain_finished_s, 1, 315_360_000, {
    group: 'fold',
    unit: 's',
    doc: 'Time after its last update for which a finished task is kept in Redis.',
  }),
  integer('retain_silent_s', DEFAULT_FOLD_SETTINGS.retain_silent_s, 1, 315_360_000, {
    group: 'fold',
    unit: 's',
    doc: 'Time after its last update for which any other task is kept in Redis.',
  }),
  integer('tombstones_kept_s', DEFAULT_FOLD_SETTINGS.tombstones_kept_s, 1, 315_360_000, {
    group: 'fold',
    unit: 's',
    doc: 'Time for which, at least, an update of a task that was retired is rejected instead of beginning the task anew.',
  }),
  integer('looks_max', DEFAULT_FOLD_SETTINGS.looks_max, 1, 10_000, {
    group: 'fold',
    unit: 'tasks a record',
    doc: 'How many tasks whose time has come may fall silent, stall or be retired before one record; the others wait for the next one.',
  }),

  integer('partitions', 12, 1, 1_000, {
    group: 'topics',
    unit: 'partitions',
    doc: 'Partitions of a topic that is created. Fixed for the life of the input topic.',
  }),
  integer('replication_factor', 1, 1, 100, {
    group: 'topics',
    unit: 'brokers',
    doc: 'Copies of a topic that is created. Take 3 where there are three brokers.',
  }),
  seconds('input_retention_h', 168, 1, 876_000, {
    group: 'topics',
    unit: 'h',
    doc: 'Retention of the input topic when it is created. It must reach back to the oldest Redis backup that you would restore.',
  }),
  seconds('output_retention_h', 168, 1, 876_000, {
    group: 'topics',
    unit: 'h',
    doc: 'Retention of the outgoing topics when they are created.',
  }),

  oneOf('log_level', 'info', ['debug', 'info', 'warn', 'error', 'silent'], {
    group: 'logs',
    doc: 'Least level that is logged. Unless it is set, commands other than `run` log warnings and errors only.',
  }),
  oneOf('log_format', 'auto', ['auto', 'json', 'text'], {
    group: 'logs',
    doc: 'Logs on standard error: JSON lines, or text for people. `auto`: text on a terminal, else JSON.',
  }),
  seconds('log_repeat_s', 30, 0, 86_400, {
    group: 'logs',
    doc: 'A message that repeats is logged once, and then once in this time with how often it was held back.',
  }),
] as const;

type AnySetting = (typeof settings)[number];
export type SettingName = AnySetting['name'];
/** Every setting with its value, by name. */
export type Config = { readonly [S in AnySetting as S['name']]: S['default'] };

function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

/** The settings that the fold reads, as the slot's head pins them. */
export function foldSettings(config: Config): FoldSettings {
  const chosen: { -readonly [name in keyof FoldSettings]: number } = { ...DEFAULT_FOLD_SETTINGS };
  for (const name of FOLD_SETTING_NAMES) chosen[name] = config[name];
  return chosen;
}

/** The environment as it is; `readConfig` of the command line turns it into a `Config`. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
