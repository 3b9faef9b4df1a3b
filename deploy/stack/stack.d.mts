// The types of stack.mjs, for the tests that start services of their own.

export type ServiceName = 'kafka' | 'registry' | 'redis';

/** What a client needs to reach the services. */
export interface StackEnv {
  KAFKA_BROKERS: string;
  SCHEMA_REGISTRY_URL: string;
  REDIS_URL: string;
}

/** One service of a stack. A stopped one comes back on the same port with the same data. */
export interface Service {
  readonly name: string;
  /** Its data, log and configuration; Redis keeps its snapshot in `data/dump.rdb` below it. */
  readonly folder: string;
  readonly url: string;
  readonly ports: Readonly<Record<string, number>>;
  readonly pid: number;
  /** Resolves when it answers; does nothing if it runs already. */
  start(): Promise<void>;
  /** Ends it in order (Redis saves its snapshot). */
  stop(): Promise<void>;
  /** Ends it as kill -9 does: Redis loses what its last snapshot does not hold. */
  kill(): Promise<void>;
  restart(): Promise<void>;
  /** Freezes it (SIGSTOP): connections stay open and nothing answers. */
  pause(): void;
  resume(): void;
}

export interface Stack {
  readonly data: string;
  readonly env: StackEnv & Readonly<Record<string, string>>;
  readonly pids: Record<string, number>;
  readonly kafka: Service;
  readonly registry: Service;
  readonly redis: Service;
  /** Any service of the stack by its name, such as `redis-2`. */
  service(name: string): Service;
  /** One more Redis, on a port and with data of its own; it ends with the stack. */
  startRedis(options?: RedisOptions): Promise<Service>;
  stop(): Promise<void>;
}

/** A Kafka that lives for a minute or two: it starts with less CPU, and never gets as fast as others. */
export interface BriefKafka {
  brief: true;
}

/** A Kafka with a listener for logins over TLS, one for certificates, and an authorizer. */
export interface KafkaOptions {
  /** PEM file: the broker's key and certificate */
  keyStore: string;
  /** PEM file: who may sign for clients */
  trustStore: string;
  /** passwords by name, known to PLAIN and SCRAM */
  users: Readonly<Record<string, string>>;
  superUsers: readonly string[];
}

export interface RedisOptions {
  /** PEM files; it then speaks TLS only. `clients`: whether it asks for their certificates. Default: `no` */
  tls?: { certificate: string; key: string; authority: string; clients?: 'no' | 'optional' | 'yes' };
  /** a node of a Cluster, which is yet to be formed */
  cluster?: boolean;
  /** lines of its ACL file at the first start, such as `user default on >password ~* &* +@all` */
  users?: readonly string[];
  /** it is no Redis but a sentinel; `lines` then say what it watches */
  sentinel?: boolean;
  /** further lines of its configuration */
  lines?: readonly string[];
}

export interface StackOptions {
  /** How single services are to be, by name; they keep it through restarts. */
  options?: Readonly<Record<string, KafkaOptions | BriefKafka | RedisOptions>>;
  /** Default: a new temporary folder, removed with the stack. */
  data?: string;
  /** Remove `data` at the end as well. Default: false. */
  removeData?: boolean;
  /** Default: all three; `env` then holds only what was started. */
  services?: readonly (ServiceName | `redis-${number}`)[];
  /** Whether missing programs may be installed by the package manager. Default: true. */
  install?: boolean;
  onProgress?: (line: string) => void;
}

/** A problem whose message, one line, tells the user what to do. */
export class StackError extends Error {}

/** A stack that ends with the calling process, however that process ends. */
export function startStack(options?: StackOptions): Promise<Stack>;

/** Brings services up in `data` and leaves them running. */
export function up(options: StackOptions & { data: string }): Promise<{ started: boolean; env: StackEnv }>;

/** Stops what was started in `data`; returns the names of the services that ran. */
export function down(options: { data: string; onProgress?: (line: string) => void }): Promise<string[]>;

export interface ServiceState {
  state: 'up' | 'silent' | 'down' | 'absent';
  url?: string;
  pid?: number;
}

export function status(options: { data: string }): Promise<Record<string, ServiceState>>;
