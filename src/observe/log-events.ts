// The names of everything that Taskfold logs, with level and meaning: the one list. A log line's `event` is one of these,
// so that it can be searched and alerted on; its text is for people and may change. docs/metrics.md lists them.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LogEvent {
  readonly level: LogLevel;
  /** the line's message, unless its fields bring a `message` of their own */
  readonly text: string;
  /** said once, and then once every `log_repeat_s` per subject (partition, service, …) with the number held back */
  readonly repeats?: boolean;
}

export const LOG_EVENTS = {
  // the process
  starting: { level: 'info', text: 'taskfold starts' },
  observed: { level: 'info', text: 'health and metrics can be asked for' },
  serving: { level: 'info', text: 'the API answers' },
  running: { level: 'info', text: 'taskfold runs and joins the group' },
  progress: { level: 'info', text: 'how it goes' },
  draining: { level: 'info', text: 'stopping: what was begun is finished first' },
  drained: { level: 'info', text: 'stopped: nothing is left open' },
  drain_late: { level: 'warn', text: 'stopping took too long; what is open is left to the next owner' },
  broken: { level: 'error', text: 'an error that nothing expected', repeats: true },
  // services
  service_waiting: { level: 'warn', text: 'waiting for a service that does not answer', repeats: true },
  service_back: { level: 'info', text: 'the service answers' },
  service_trouble: { level: 'warn', text: 'a service makes trouble', repeats: true },
  schema_trouble: { level: 'warn', text: 'a schema, or the registry, makes trouble', repeats: true },
  topic_differs: { level: 'warn', text: 'a topic is not as it has to be' },
  schema_registered: { level: 'info', text: 'a schema was registered' },
  client_message: { level: 'debug', text: 'a client library says something' },
  // partitions
  partition_assigned: { level: 'info', text: 'the group gave the partition to this processor' },
  partition_lost: { level: 'info', text: 'the partition is no longer with this processor' },
  partition_state: { level: 'debug', text: 'the partition changed its state' },
  partition_running: { level: 'info', text: 'the partition is claimed, and folded' },
  partition_waiting: { level: 'warn', text: 'the partition waits, and claims again by itself', repeats: true },
  partition_halted: { level: 'error', text: 'the partition is halted and needs an operator', repeats: true },
  settings_changed: { level: 'info', text: 'a control record changed the settings of the fold' },
  partition_resumed: { level: 'info', text: 'an operator asked the halted partition to claim again' },
} as const satisfies Record<string, LogEvent>;

export type LogEventName = keyof typeof LOG_EVENTS;
