// Whether a broker lets us in, asked once and without the retries of the client: over TLS and with our login where these
// are set; and, where they are not, whether what listens is a plain Kafka listener at all.

import { connect } from 'node:net';
import { type ConnectProblem, connectProblem } from '../connect/connect-problem.ts';
import { createKafka, type KafkaConnection } from './connection.ts';

const PLAIN_CURE =
  'if that listener takes TLS set KAFKA_TLS=on, if it takes a login set KAFKA_SASL_MECHANISM; else look at KAFKA_BROKERS';

/** null: some broker of the list takes us, or nothing can be said. @param msMax for each broker */
export async function brokerProblem(connection: KafkaConnection, msMax: number): Promise<ConnectProblem | null> {
  let problem: ConnectProblem | null = null;
  for (const broker of connection.brokers) {
    problem = await problemOf(connection, broker, msMax);
    if (problem === null) return null;
  }
  return problem;
}

async function problemOf(connection: KafkaConnection, broker: string, msMax: number): Promise<ConnectProblem | null> {
  if (connection.ssl === undefined && connection.sasl === undefined) return plainProblem(broker, msMax);
  const kafka = createKafka({ ...connection, brokers: [broker] }, 'read');
  const admin = kafka.admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    // To connect takes no right: a listener that waits for a login lets us ask for its API versions.
    await admin.describeCluster();
    return null;
  } catch (error) {
    return connectProblem('kafka', error, broker) ?? loginProblem(error, broker, connection);
  } finally {
    await admin.disconnect().catch(() => {});
  }
}

function loginProblem(error: unknown, broker: string, { ssl, sasl }: KafkaConnection): ConnectProblem {
  const message = error instanceof Error ? error.message : String(error);
  const where = `Kafka at ${broker}`;
  if (/mechanism is not supported/.test(message)) {
    return {
      kind: 'login_refused',
      message: `${where}: ${message}`,
      cure: 'set KAFKA_SASL_MECHANISM to one that the broker offers (sasl.enabled.mechanisms)',
    };
  }
  if (/SASL|authentication/i.test(message)) {
    return {
      kind: 'login_refused',
      message: `${where} refuses our user or password (${message})`,
      cure: 'look at KAFKA_USERNAME, KAFKA_PASSWORD_FILE and KAFKA_SASL_MECHANISM',
    };
  }
  const hints = [
    ssl === undefined
      ? 'if the listener takes TLS set KAFKA_TLS=on'
      : 'look whether the listener asks for a certificate of ours',
    sasl === undefined
      ? 'if it takes a login set KAFKA_SASL_MECHANISM'
      : 'look whether the listener takes logins at all',
  ];
  return { kind: 'closed', message: `${where} ends the connection (${message})`, cure: hints.join(', ') };
}

/** Over the bare wire, because the client would take a TLS alert for the size of an answer and wait for it. */
function plainProblem(broker: string, msMax: number): Promise<ConnectProblem | null> {
  const colon = broker.lastIndexOf(':');
  const host = broker.slice(0, colon).replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(broker.slice(colon + 1)), timeout: msMax });
    const settle = (problem: ConnectProblem | null) => {
      socket.destroy();
      resolve(problem);
    };
    const odd = (what: string) => settle({ kind: 'closed', message: `Kafka at ${broker}: ${what}`, cure: PLAIN_CURE });
    socket.once('timeout', () => odd(`no answer within ${msMax} ms`));
    socket.once('error', (error) => settle(connectProblem('kafka', error, broker) ?? null));
    socket.once('close', () => odd('it ends the connection'));
    socket.once('connect', () => socket.write(METADATA_REQUEST));
    socket.once('data', (answer) => {
      // A size, then our correlation id; a TLS listener answers with an alert.
      if (answer.length >= 8 && answer.readInt32BE(4) === CORRELATION_ID) settle(null);
      else odd('what listens there is no plain Kafka listener');
    });
  });
}

const CORRELATION_ID = 7;
/** Metadata without topics: a listener that waits for a login refuses it, one without TLS and login answers. */
const METADATA_REQUEST = (() => {
  const request = Buffer.alloc(4 + 8 + 2 + 4 + 1);
  request.writeInt32BE(request.length - 4, 0);
  request.writeInt16BE(3, 4);
  request.writeInt16BE(4, 6);
  request.writeInt32BE(CORRELATION_ID, 8);
  request.writeInt16BE(-1, 12);
  return request;
})();
