// The names of everything that Taskfold measures, with kind, unit, labels and meaning: the one list. docs/metrics.md is
// generated from it; dashboard, alerts and the chart are held against it. No label is ever made of a record's content but
// engine_id, which is bounded.

/** What each label can be: no label has more values than these. */
export const METRIC_LABELS = {
  partition: 'partitions of the input topic that this process works on',
  outcome: 'applied, duplicate, stale, rejected, rerouted',
  state: 'claiming, draining, running, waiting, halted',
  step: 'fetch, schemas, turn, read, decode, fold, save, encode',
  code: 'the codes of faults and halts (`src/pipeline/errors.ts`)',
  kind: 'failed, aborted, rejected, error, silent, recovered, job_creation, reject, reroute',
  reason: 'the reasons for a rejection (`src/domain/outcome.ts`)',
  engine_id:
    'the first 50 engines that this process re-routed a record of; all others are `other`, updates without one `unreported`',
  result: 'hit, miss',
  change: 'assigned, lost',
  service: 'kafka, registry, redis',
  status: 'the values of task_status; `unreported` where no update has told one',
  liveness: 'the livenesses of a task',
  version: 'one',
  fold_version: 'one',
  node: 'one',
} as const;
export type MetricLabel = keyof typeof METRIC_LABELS;

export interface MetricDefinition {
  readonly kind: 'counter' | 'gauge' | 'histogram';
  /** '' where it counts or flags nothing of a kind */
  readonly unit: string;
  readonly labels: readonly MetricLabel[];
  /** whole sentences for people */
  readonly meaning: string;
  /** upper bounds of a histogram, in its unit */
  readonly buckets?: readonly number[];
}

/** s; from a cached step to a service that is about to be given up */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const BATCHES = [1, 10, 50, 100, 250, 500, 1_000, 2_000, 4_000, 10_000];

function counter<const Label extends MetricLabel>(unit: string, labels: readonly Label[], meaning: string) {
  return { kind: 'counter', unit, labels, meaning } as const;
}

function gauge<const Label extends MetricLabel>(unit: string, labels: readonly Label[], meaning: string) {
  return { kind: 'gauge', unit, labels, meaning } as const;
}

function histogram<const Label extends MetricLabel>(
  unit: string,
  labels: readonly Label[],
  meaning: string,
  buckets: readonly number[],
) {
  return { kind: 'histogram', unit, labels, meaning, buckets } as const;
}

/** The sections of docs/metrics.md. */
export const METRIC_SECTIONS = {
  partitions: {
    title: 'Partitions',
    about:
      'One series for each partition that this process works on; it is gone when the partition goes to another process. What is not known (no claim yet, a halt before it) has no series.',
    metrics: {
      taskfold_partition_received_total: counter(
        'records',
        ['partition'],
        'Records folded since the origin of the slot, as saved with W. It is the state in Redis, not what this process did: it goes on where the last owner was, and back where Redis fell back.',
      ),
      taskfold_partition_outcomes_total: counter(
        'records',
        ['partition', 'outcome'],
        'The same by outcome. In every scrape, for every partition: received = applied + duplicate + stale + rejected + rerouted.',
      ),
      taskfold_partition_unaccounted_records: gauge(
        'records',
        ['partition'],
        'Received less the sum of the outcomes. Always 0; a breach halts the partition (`conservation_broken`) before it is saved.',
      ),
      taskfold_partition_watermark_offset: gauge('offset', ['partition'], 'W: the next offset that is not yet folded.'),
      taskfold_partition_emitted_offset: gauge(
        'offset',
        ['partition'],
        'C: the next offset whose events are not yet committed in Kafka.',
      ),
      taskfold_partition_unemitted_offsets: gauge(
        'offsets',
        ['partition'],
        'W - C. C moves when events leave, and every five minutes otherwise: it grows on a partition without events, which is no trouble. Below 0 while records are folded again whose events have left.',
      ),
      taskfold_partition_log_end_offset: gauge(
        'offset',
        ['partition'],
        'The end of the log, as the broker told with the last fetch, or when asked, every five seconds.',
      ),
      taskfold_partition_lag_records: gauge('records', ['partition'], 'The end of the log less W, never below 0.'),
      taskfold_partition_lag_seconds: gauge(
        'seconds',
        ['partition'],
        'Age, by log time and the clock of this machine, of the oldest record that is known to wait; 0 where none waits.',
      ),
      taskfold_partition_state: gauge(
        '',
        ['partition', 'state'],
        '1 for the state that the partition is in, 0 for the others. `waiting`: a fault was met, and the partition claims again by itself.',
      ),
      taskfold_partition_halted: gauge(
        '',
        ['partition', 'code'],
        '1 while the partition is halted for this reason; absent otherwise. `taskfold status` names the cure.',
      ),
    },
  },
  work: {
    title: 'The work of this process',
    about: 'Counted by the process since its start. A record that is folded again after a loss counts again.',
    metrics: {
      taskfold_batch_records: histogram(
        'records',
        [],
        'Records of a saved batch: the sum is the number of records that this process folded, the count that of its batches.',
        BATCHES,
      ),
      taskfold_batch_step_seconds: histogram(
        'seconds',
        ['step'],
        'How long a saved batch took in each step. `fetch` includes waiting for records; `schemas` is the registry; `turn` waits while two full batches of other partitions are at work; `read` is what the batch needs of Redis; `decode` and `fold` keep the process busy; `save` is the atomic step in Redis; `encode` makes the messages.',
        DURATIONS,
      ),
      taskfold_transaction_seconds: histogram('seconds', [], 'How long a committed Kafka transaction took.', DURATIONS),
      taskfold_messages_sent_total: counter('messages', [], 'Messages of committed transactions.'),
      taskfold_notices_total: counter('notices', ['kind'], 'What was decided to be sent, when its decision was saved.'),
      taskfold_rejects_total: counter('records', ['reason'], 'Rejected records by reason.'),
      taskfold_rerouted_total: counter(
        'records',
        ['engine_id'],
        'Records that lay in another partition than the home of their task, by the engine that sent them: it keys with another partitioner than the contract asks for.',
      ),
      taskfold_retirements_total: counter('tasks', [], 'Tasks that were retired.'),
      taskfold_cache_lookups_total: counter(
        'tasks',
        ['result'],
        'Tasks that batches needed, each once a batch: found in the cache, or read from Redis. The hit rate is hit / (hit + miss).',
      ),
      taskfold_claims_total: counter('claims', [], 'Partitions claimed: at assignment, and again after every fault.'),
      taskfold_faults_total: counter('faults', ['code'], 'Faults that a partition got over by itself, by code.'),
      taskfold_halts_total: counter('halts', ['code'], 'Halts, by code.'),
      taskfold_assignments_total: counter('partitions', ['change'], 'Partitions that the group gave and took.'),
      taskfold_service_troubles_total: counter(
        'outages',
        ['service'],
        'How often a service went away or made trouble, as the log tells it: a long outage of Kafka or the registry is told again every so often.',
      ),
      taskfold_service_recoveries_total: counter('reconnects', ['service'], 'How often a service was back.'),
    },
  },
  state: {
    title: 'State',
    about: 'As of the last scrape, over all partitions that this process works on.',
    metrics: {
      taskfold_ready: gauge('', [], '1 where /readyz answers 200, else 0.'),
      taskfold_partitions_assigned: gauge('partitions', [], 'Partitions that this process works on.'),
      taskfold_foldable_lag_records: gauge(
        'records',
        [],
        'The lag of all partitions but the halted ones: what more processes could help with. Scale by this one.',
      ),
      taskfold_tasks: gauge('tasks', ['status'], 'Tasks kept in Redis, by task_status.'),
      taskfold_tasks_by_liveness: gauge('tasks', ['liveness'], 'Tasks kept in Redis, by liveness.'),
      taskfold_info: gauge('', ['version', 'fold_version', 'node'], 'Always 1; its labels say what runs.'),
    },
  },
} as const satisfies Record<
  string,
  { title: string; about: string; metrics: Readonly<Record<`taskfold_${string}`, MetricDefinition>> }
>;

type Sections = typeof METRIC_SECTIONS;
export const METRICS = {
  ...METRIC_SECTIONS.partitions.metrics,
  ...METRIC_SECTIONS.work.metrics,
  ...METRIC_SECTIONS.state.metrics,
} satisfies Record<string, MetricDefinition>;
export type MetricName = { [section in keyof Sections]: keyof Sections[section]['metrics'] }[keyof Sections];

/** What prom-client adds of the process itself; those of /proc are there on Linux alone. */
export const PROCESS_METRICS = {
  process_cpu_user_seconds_total: 'CPU time spent in user mode.',
  process_cpu_system_seconds_total: 'CPU time spent in the system.',
  process_cpu_seconds_total: 'CPU time, both together.',
  process_start_time_seconds: 'When the process started, UTC epoch seconds.',
  process_resident_memory_bytes: 'Resident memory.',
  process_virtual_memory_bytes: 'Virtual memory.',
  process_heap_bytes: 'Heap of the process.',
  process_open_fds: 'Open file descriptors.',
  process_max_fds: 'How many there may be.',
  nodejs_eventloop_lag_seconds: 'Lag of the event loop at the scrape.',
  nodejs_eventloop_lag_min_seconds: 'The smallest lag since the last scrape.',
  nodejs_eventloop_lag_max_seconds: 'The largest: a batch of many large records shows here.',
  nodejs_eventloop_lag_mean_seconds: 'The mean.',
  nodejs_eventloop_lag_stddev_seconds: 'The standard deviation.',
  nodejs_eventloop_lag_p50_seconds: 'The median.',
  nodejs_eventloop_lag_p90_seconds: 'The 90th percentile.',
  nodejs_eventloop_lag_p99_seconds: 'The 99th percentile.',
  nodejs_active_resources: 'Resources that keep the event loop alive, by type.',
  nodejs_active_resources_total: 'All of them.',
  nodejs_active_handles: 'Handles, by type.',
  nodejs_active_handles_total: 'All of them.',
  nodejs_active_requests: 'Requests of libuv, by type.',
  nodejs_active_requests_total: 'All of them.',
  nodejs_heap_size_total_bytes: "V8's heap.",
  nodejs_heap_size_used_bytes: 'What of it is used.',
  nodejs_external_memory_bytes: 'Memory of buffers and the like.',
  nodejs_heap_space_size_total_bytes: 'The heap by space.',
  nodejs_heap_space_size_used_bytes: 'What of each space is used.',
  nodejs_heap_space_size_available_bytes: 'What of each space is free.',
  nodejs_version_info: 'Always 1; its labels are the version of Node.',
  nodejs_gc_duration_seconds: 'Pauses of the garbage collector, by kind.',
} as const;
