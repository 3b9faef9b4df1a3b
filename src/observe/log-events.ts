// The names of everything that Taskfold logs, with level and meaning: the one list. A log line's `event` is one of these,
// so that it can be searched and alerted on; its text is for people and may change.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

interface LogEvent {
  readonly level: LogLevel;
  /** what happened, as the line's message */
  readonly text: string;
  /** said once, and then once every `log_repeat_s` per subject (partition, service, …) with the number held back */
  readonly repeats?: boolean;
}

export const LOG_EVENTS = {
  starting: { level: 'info', text: 'taskfold starts' },
  running: { level: 'info', text: 'taskfold runs and takes part in the group' },
  service_waiting: { level: 'warn', text: 'waiting for a service that does not answer', repeats: true },
  service_back: { level: 'info', text: 'the service answers again' },
  topics_waiting: { level: 'warn', text: 'waiting for topics that do not exist', repeats: true },
  schemas_registered: { level: 'info', text: 'schemas are registered' },
  partition_assigned: { level: 'info', text: 'partition was given to this processor' },
  partition_lost: { level: 'info', text: 'partition was given up' },
  partition_claimed: { level: 'info', text: 'partition is claimed' },
  partition_state: { level: 'debug', text: 'partition changed its state' },
  partition_waiting: { level: 'warn', text: 'partition waits and will claim again', repeats: true },
  partition_halted: { level: 'error', text: 'partition is halted and needs an operator', repeats: true },
  partition_resumed: { level: 'info', text: 'partition is asked to claim again' },
  partition_rewound: { level: 'warn', text: 'Redis lost saves; they are folded again, nothing leaves twice' },
  schema_waiting: {
    level: 'warn',
    text: 'partition waits for a schema that the registry does not give',
    repeats: true,
  },
  schema_denied: { level: 'warn', text: 'the registry denies a schema id; its records are rejected', repeats: true },
  record_rejected: { level: 'warn', text: 'records are rejected', repeats: true },
  consumer_replaced: { level: 'warn', text: 'consumer crashed or fell silent and is replaced', repeats: true },
  client_message: { level: 'debug', text: 'a client library says something', repeats: true },
  client_warning: { level: 'warn', text: 'a client library warns', repeats: true },
  draining: { level: 'info', text: 'stopping: what was begun is finished first' },
  drained: { level: 'info', text: 'stopped: nothing is left open' },
  drain_late: { level: 'warn', text: 'stopping took too long; what is open is left to the next owner' },
  broken: { level: 'error', text: 'an error that nothing expected' },
} as const satisfies Record<string, LogEvent>;

export type LogEventName = keyof typeof LOG_EVENTS;
