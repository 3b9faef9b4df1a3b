// How this room reaches Kafka: the settings of a connection, the log it speaks to, and kafkajs objects made of them.
// kafkajs writes transactional offsets into a map that all clients of one `Kafka` object share, before they are
// committed; so consumers and producers each get a `Kafka` object of their own.

import { Kafka, type KafkaConfig, type LogEntry, logLevel } from 'kafkajs';
import { mendRecordEncoder, mendRequestQueue } from './kafkajs-internals.ts';

/** What it takes to reach a Kafka cluster. */
export interface KafkaConnection {
  /** host:port, at least one */
  readonly brokers: readonly string[];
  /** shown in the broker's logs and quotas */
  readonly clientId: string;
  readonly ssl?: KafkaConfig['ssl'];
  readonly sasl?: KafkaConfig['sasl'];
}

/** One line for people or for a log. `facts` never hold a record's key, value or headers. */
export type KafkaLog = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  facts?: Readonly<Record<string, string | number | boolean>>,
) => void;

/** A log that says nothing. */
export const silentLog: KafkaLog = () => {};

/** ms; a broker that does not accept a connection in this time is taken for away */
const CONNECTION_TIMEOUT_MS = 3_000;
/** ms; joins and long polls bring their own, larger time-outs */
const REQUEST_TIMEOUT_MS = 15_000;

// Of what kafkajs adds to a log line only these are passed on: others can hold payloads.
const SAFE_FACTS = ['broker', 'groupId', 'memberId', 'error', 'retryCount', 'retryTime'] as const;

/**
 * A kafkajs object that is used either for consuming and reading, or for producing, never for both.
 * kafkajs' own log lines arrive as `debug`: what matters is said by this room, once.
 */
export function createKafka(connection: KafkaConnection, role: 'read' | 'write', log: KafkaLog = silentLog): Kafka {
  mendRequestQueue();
  mendRecordEncoder();
  const { ssl, sasl } = connection;
  return new Kafka({
    brokers: [...connection.brokers],
    clientId: role === 'read' ? connection.clientId : `${connection.clientId}-producer`,
    ...(ssl === undefined ? {} : { ssl }),
    // kafkajs writes into it.
    ...(sasl === undefined ? {} : { sasl: { ...sasl } }),
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: { retries: 5, initialRetryTime: 100, maxRetryTime: 2_000 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => log('debug', `kafkajs: ${entry.log.message}`, factsOf(entry)),
  });
}

function factsOf(entry: LogEntry): Record<string, string | number> {
  const facts: Record<string, string | number> = { room: entry.namespace };
  for (const name of SAFE_FACTS) {
    const value: unknown = entry.log[name];
    if (typeof value === 'string' || typeof value === 'number') facts[name] = value;
  }
  return facts;
}
