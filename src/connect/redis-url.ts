// Takes REDIS_URL apart. It may name several nodes (of a Cluster) or sentinels: redis://user:password@a:7000,b:7000/0

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
}

export interface RedisUrl {
  /** `rediss://` */
  readonly tls: boolean;
  /** at least one */
  readonly nodes: readonly RedisAddress[];
  /** '' where the URL names none */
  readonly username: string;
  readonly password: string;
  readonly database: number;
}

const PORT = 6379;
const FORM = /^(rediss?):\/\/(?:([^/?#@\s]*)@)?([^/?#@\s]+?)(?:\/(\d{1,4})?)?$/;
const NODE = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/;

/** null: it is no such URL. */
export function parseRedisUrl(text: string): RedisUrl | null {
  const found = FORM.exec(text);
  if (found === null) return null;
  const [, scheme, login = '', list = '', database = '0'] = found;
  const nodes: RedisAddress[] = [];
  for (const item of list.split(',')) {
    const node = NODE.exec(item);
    const port = Number(node?.[3] ?? PORT);
    if (node === null || port < 1 || port > 65_535) return null;
    nodes.push({ host: node[1] ?? node[2]!, port });
  }
  const colon = login.indexOf(':');
  try {
    return {
      tls: scheme === 'rediss',
      nodes,
      username: decodeURIComponent(colon < 0 ? login : login.slice(0, colon)),
      password: colon < 0 ? '' : decodeURIComponent(login.slice(colon + 1)),
      database: Number(database),
    };
  } catch {
    // A percent sign that encodes nothing.
    return null;
  }
}
