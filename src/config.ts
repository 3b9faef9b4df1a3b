// Every setting of Taskfold, in one typed list, and the only place that reads the environment. A flag overrides the
// environment, the environment overrides the default. A bad or unknown value stops the start and names itself.

import { serviceSettings } from './connect/service-settings.ts';
import {
  DEFAULT_FOLD_SETTINGS,
  FOLD_SETTING_BOUNDS,
  FOLD_SETTING_NAMES,
  type FoldSettings,
} from './domain/fold-settings.ts';
import {
  integer,
  issuerKeys,
  kafkaName,
  listenAddress,
  oneOf,
  seconds,
  setting,
  text,
  tokenHashes,
} from './setting.ts';

export type { Setting, SettingGroup } from './setting.ts';

/** A setting of the fold: what a partition begins with. */
function fold<Name extends keyof FoldSettings>(name: Name, unit: string, doc: string) {
  const [min, max] = FOLD_SETTING_BOUNDS[name];
  return integer(name, DEFAULT_FOLD_SETTINGS[name], min, max, { group: 'fold', unit, doc });
}

export const settings = [
  ...serviceSettings,

  kafkaName('input_topic', 'task-status', { group: 'names', doc: 'Topic that the engines publish to.' }),
  kafkaName('group', 'taskfold', {
    group: 'names',
    doc: 'Consumer group. Processors with the same group share the work; the offsets of what was emitted are in the group `<group>.emitted`, the verdicts on schemas in the topic `<group>.schemas`, the replays of rejected records in `<group>.replays`: delete none of them.',
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

  integer('batch_records_max', 8_000, 1, 100_000, {
    group: 'run',
    unit: 'records',
    doc: 'How many records are folded and saved in one step.',
  }),
  integer('cache_tasks', 20_000, 0, 10_000_000, {
    group: 'run',
    unit: 'tasks a partition',
    doc: 'How many tasks a partition keeps in memory, and how many shares of jobs and of engines; the others are read back from Redis when they are needed.',
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

  fold('errors_kept', 'errors a task', 'How many errors of `error_details` a task keeps, the newest.'),
  fold(
    'reporters_kept',
    'work requests a task',
    'How many reporters a task remembers. Beyond it the one without an update for longest is let go; its totals stay in the sum.',
  ),
  fold(
    'priors_kept',
    'intervals a reporter',
    'Of how many intervals (by `prior_timestamp`) the ledger remembers what a reporter told. What is older than all of them is not added, and marked.',
  ),
  fold(
    'reporter_idle_s',
    's',
    'Time without an update, by the clock of the partition, after which a reporter that is over is let go, and one that is open forgets its intervals; its totals stay in the task.',
  ),
  fold(
    'ios_kept',
    'ids a side and task',
    'How many inputs, and how many outputs, a task keeps. Counters of further ids are dropped and counted.',
  ),
  fold(
    'copy_bytes_max',
    'bytes',
    'Largest record that is copied into an outgoing topic. Keep it 64 KiB or more below the max.message.bytes of the input topic.',
  ),
  fold(
    'silence_after_s',
    's',
    'Time without an update, by the clock of the partition, after which a task with open work requests is silent. Take three heartbeats or more: a hole in the log of up to half of this counts as time in which engines could report.',
  ),
  fold('stalled_after_s', 's', 'Time after which a task whose engines report, and process nothing, is stalled.'),
  fold('retain_finished_s', 's', 'Time after its last update for which a finished task is kept in Redis.'),
  fold('retain_silent_s', 's', 'Time after its last update for which any other task is kept in Redis.'),
  fold(
    'tombstones_kept_s',
    's',
    'Time for which, at least, an update of a task that was retired is rejected instead of beginning the task anew.',
  ),
  fold(
    'looks_max',
    'tasks a record',
    'How many tasks whose time has come may fall silent, stall or be retired before one record; the others wait for the next one.',
  ),

  integer('partitions', 12, 1, 1_000, {
    group: 'topics',
    unit: 'partitions',
    doc: 'Partitions of a topic that is created. `taskfold partitions grow` gives the input more.',
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

  listenAddress('observe_listen', 'off', {
    group: 'observe',
    doc: 'Where `taskfold run` answers /livez, /readyz and /metrics: a port alone is one of the loopback, port 0 a free one that the log names. There is no password: let only probes and scrapers reach it. The image listens at 0.0.0.0:9464.',
  }),
  seconds('ready_stall_s', 30, 1, 86_400, {
    group: 'observe',
    doc: '/readyz answers 503 where records wait and W has not moved for this long, or Kafka has not answered.',
  }),
  seconds('live_stall_s', 300, 10, 86_400, {
    group: 'observe',
    doc: '/livez answers 503 where the loop of a partition has not turned for this long. Keep it above the time-outs of Kafka, or an outage restarts the process.',
  }),

  listenAddress('listen', '127.0.0.1:9460', {
    group: 'serve',
    doc: 'Where `taskfold serve` answers the API and shows the page: a port alone is one of the loopback, port 0 a free one that the log names.',
  }),

  setting(
    'api_tokens',
    [] as readonly string[],
    'SHA-256 of tokens, 64 hexadecimal digits each, with spaces or commas between',
    tokenHashes,
    {
      group: 'serve',
      doc: 'SHA-256 of the bearer tokens that may ask `taskfold serve`. Without any, and without an issuer, whoever reaches the port may. To make one: `openssl rand -hex 32 | tr -d "\\n" | tee token | sha256sum`.',
      secret: 'whole',
    },
  ),
  text('api_jwt_issuer', {
    group: 'serve',
    quiet: false,
    file: false,
    doc: 'Whose signed tokens (JWT) may ask `taskfold serve`, beside those of `TASKFOLD_API_TOKENS`: their claim `iss`, letter by letter. With it go `TASKFOLD_API_JWT_AUDIENCE` and `TASKFOLD_API_JWT_KEYS`.',
  }),
  text('api_jwt_audience', {
    group: 'serve',
    quiet: false,
    file: false,
    doc: 'What the claim `aud` of a signed token has to be, or to hold: the name of this API at the issuer.',
  }),
  setting('api_jwt_keys', '', 'a URL, or a JWKS document', issuerKeys, {
    group: 'serve',
    doc: 'The public keys of the issuer: a URL (`https:`, on the loopback also `http:`) from which they are fetched again as they change; or as a file, which is read at the start.',
    secret: 'in_url',
  }),
  oneOf('api_anonymous', 'on_loopback', ['on_loopback', 'everywhere'], {
    group: 'serve',
    doc: 'Where `taskfold serve` may listen without `TASKFOLD_API_TOKENS` or `TASKFOLD_API_JWT_KEYS`: on the loopback only, or everywhere, if something in front of it decides who gets through.',
  }),
  integer('api_requests_per_minute', 6_000, 1, 100_000_000, {
    group: 'serve',
    unit: 'requests a minute',
    doc: 'Requests of one address that `taskfold serve` answers; more get 429.',
  }),
  integer('api_nice', 5, 0, 19, {
    group: 'serve',
    doc: 'How far `taskfold serve` steps back behind other processes of its machine where cores are short, a processor above all: its nice value, as POSIX has it. 0: not at all.',
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

/** The settings that the fold reads, as a partition begins with them. */
export function foldSettings(config: Config): FoldSettings {
  const chosen: { -readonly [name in keyof FoldSettings]: number } = { ...DEFAULT_FOLD_SETTINGS };
  for (const name of FOLD_SETTING_NAMES) chosen[name] = config[name];
  return chosen;
}

/** The environment as it is; `readConfig` of the command line turns it into a `Config`. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
