// Why a connection does not come about, said so that an operator can mend it: what is wrong, which setting it is about,
// and the cure. From the error codes of Node's sockets and TLS, wherever a client library has hidden them.

export type ServiceKind = 'kafka' | 'registry' | 'redis';

export type ProblemKind =
  | 'refused'
  | 'unknown_host'
  | 'no_route'
  | 'certificate_expired'
  | 'certificate_not_yet_valid'
  | 'unknown_ca'
  | 'wrong_host_name'
  | 'no_tls'
  | 'own_certificate_refused'
  | 'closed'
  | 'login_refused'
  | 'not_allowed'
  | 'proxy'
  | 'trouble';

export interface ConnectProblem {
  readonly kind: ProblemKind;
  /** what was seen, without credentials */
  readonly message: string;
  readonly cure: string;
}

/** Where the service's settings are, and what it is called. */
export const SERVICE_NAMES = {
  kafka: { title: 'Kafka', at: 'KAFKA_BROKERS', tls: 'KAFKA_TLS', prefix: 'KAFKA_TLS' },
  registry: {
    title: 'the schema registry',
    at: 'SCHEMA_REGISTRY_URL',
    tls: 'https:// in SCHEMA_REGISTRY_URL',
    prefix: 'SCHEMA_REGISTRY_TLS',
  },
  redis: { title: 'Redis', at: 'REDIS_URL', tls: 'rediss:// in REDIS_URL', prefix: 'REDIS_TLS' },
} as const;

type Names = (typeof SERVICE_NAMES)[ServiceKind];
type Rule = readonly [codes: RegExp, kind: ProblemKind, message: string, cure: (names: Names) => string];

// By OpenSSL's and libuv's codes. Alerts are what the other side says about us.
const RULES: readonly Rule[] = [
  [/^ECONNREFUSED$/, 'refused', 'nothing listens there', ({ at }) => `start it, or set ${at} to where it is`],
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    'unknown_host',
    'no such host name is known',
    ({ at }) => `look at the host in ${at}, and at the name service of this machine`,
  ],
  [
    /^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/,
    'no_route',
    'the host cannot be reached',
    ({ at }) => `look at the host in ${at}, at firewalls, and at network policies`,
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    'certificate_expired',
    'its certificate has expired',
    () => 'renew the certificate of the server (and look whether the clock of this machine is right)',
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    'certificate_not_yet_valid',
    'its certificate is not valid yet',
    () => 'look whether the clock of this machine is right',
  ],
  [
    /^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE|CERT_UNTRUSTED)$/,
    'unknown_ca',
    'its certificate is signed by an authority that is not trusted here',
    ({ prefix }) => `set ${prefix}_CA_FILE to the certificate of that authority (PEM)`,
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    'wrong_host_name',
    'its certificate is for another host name',
    ({ at }) => `use a name of the certificate in ${at}, or give the server a certificate for this name`,
  ],
  [
    /^(ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG|ERR_SSL_UNEXPECTED_MESSAGE|ERR_SSL_HTTP_REQUEST)$/,
    'no_tls',
    'what listens there speaks no TLS',
    ({ tls, at }) => `give the TLS port in ${at}, or switch TLS off (${tls})`,
  ],
  [
    /^ERR_SSL_.*ALERT_/,
    'own_certificate_refused',
    'it refuses our certificate, or that we showed none',
    ({ prefix }) =>
      `set ${prefix}_CERT_FILE and ${prefix}_KEY_FILE to a certificate that the server's authority has signed, and that is valid`,
  ],
];

/** Null: the error is about something else. @param address host:port, where it is known */
export function connectProblem(service: ServiceKind, error: unknown, address?: string): ConnectProblem | null {
  const names = SERVICE_NAMES[service];
  for (const { code, message } of innerErrors(error)) {
    const rule = RULES.find(([codes]) => codes.test(code));
    if (rule === undefined) continue;
    const [, kind, meaning, cure] = rule;
    const detail = kind === 'wrong_host_name' ? namesOf(message) : code;
    const where = address === undefined ? names.title : `${names.title} at ${address}`;
    return { kind, message: `${where}: ${meaning} (${detail})`, cure: cure(names) };
  }
  return null;
}

/** A line that ends while TLS is being agreed on: mostly the other side expects something else. */
export function brokenHandshake(service: ServiceKind, error: Error, address: string): ConnectProblem {
  const { title, at, tls } = SERVICE_NAMES[service];
  return {
    kind: 'no_tls',
    message: `${title} at ${address}: it ends the connection before TLS is agreed on (${error.message})`,
    cure: `give the TLS port in ${at}, or switch TLS off (${tls})`,
  };
}

/** One sentence with the cure. */
export function problemText({ message, cure }: ConnectProblem): string {
  return `${message}; ${cure}`;
}

/** "Host: a. is not in the cert's altnames: DNS:b" says which names would do. */
function namesOf(message: string): string {
  const found = /Host: (\S+?)\.? is not.*?: (.*)$/s.exec(message) ?? /IP: (\S+?) is not.*?: (.*)$/s.exec(message);
  return found === null ? message : `asked for ${found[1]}, it has ${found[2]}`;
}

const DEPTH_MAX = 6;

/** The error and all that lie within it, the outermost first; libraries hide the reason at different places. */
function* innerErrors(error: unknown, depth = 0): Generator<{ code: string; message: string }> {
  if (typeof error !== 'object' || error === null || depth > DEPTH_MAX) return;
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') yield { code, message: String(message) };
  for (const place of ['cause', 'originalError', 'lastNodeError'] as const) {
    yield* innerErrors(Reflect.get(error, place), depth + 1);
  }
  const several: unknown = Reflect.get(error, 'errors');
  if (Array.isArray(several)) for (const one of several) yield* innerErrors(one, depth + 1);
}
