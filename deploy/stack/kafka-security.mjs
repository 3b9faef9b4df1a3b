// What makes the local Kafka a fleet's: beside the plain listener of this machine one over TLS with logins (PLAIN and
// SCRAM), one that asks for a certificate, and an authorizer. Only tests ask for it; they bring the certificates.
//
// options.kafka: { keyStore, trustStore: PEM files, users: { name: password }, superUsers: [name] }

const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule';
const SCRAM = 'org.apache.kafka.common.security.scram.ScramLoginModule';
const SCRAMS = ['SCRAM-SHA-256', 'SCRAM-SHA-512'];

/** Lines for server.properties by name; they add to, and take the place of, the plain ones. */
export function secureSettings(
  { keyStore, trustStore, users, superUsers },
  { port, controllerPort, loginPort, certificatePort },
) {
  const known = Object.entries(users).map(([name, password]) => `user_${name}="${password}"`);
  const scrams = SCRAMS.map((name) => [
    `listener.name.login.${name.toLowerCase()}.sasl.jaas.config`,
    `${SCRAM} required;`,
  ]);
  const listeners = [
    `PLAINTEXT://127.0.0.1:${port}`,
    `LOGIN://127.0.0.1:${loginPort}`,
    `CERTIFICATE://127.0.0.1:${certificatePort}`,
  ];
  return {
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': listeners.join(','),
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_SSL,CERTIFICATE:SSL',
    'inter.broker.listener.name': 'PLAINTEXT',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': keyStore,
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': trustStore,
    'listener.name.certificate.ssl.client.auth': 'required',
    'sasl.enabled.mechanisms': ['PLAIN', ...SCRAMS].join(','),
    'listener.name.login.plain.sasl.jaas.config': `${PLAIN} required ${known.join(' ')};`,
    ...Object.fromEntries(scrams),
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    // Who comes over the plain listener is nobody, and this machine's own.
    'super.users': ['ANONYMOUS', ...superUsers].map((name) => `User:${name}`).join(';'),
  };
}

/** Arguments for the format tool: SCRAM users live in the cluster's metadata from the start. */
export function scramArguments({ users }) {
  return Object.entries(users).flatMap(([name, password]) =>
    SCRAMS.flatMap((scram) => ['--add-scram', `${scram}=[name=${name},password=${password}]`]),
  );
}
