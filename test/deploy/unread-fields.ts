// Tells which fields of a value nobody has read: a validator that lets unknown fields pass reads those that it knows.

export interface Watched {
  /** To be read in place of the value. */
  readonly copy: unknown;
  /** The paths of the fields that were not read, in order. */
  unread(): string[];
}

export function unreadFields(value: object): Watched {
  const unread = new Set<string>();
  const watch = (one: unknown, path: string): unknown => {
    if (typeof one !== 'object' || one === null) return one;
    const copy: Record<string, unknown> = Object.fromEntries(
      Object.entries(one).map(([key, field]) => {
        unread.add(`${path}/${key}`);
        return [key, watch(field, `${path}/${key}`)];
      }),
    );
    const target = Array.isArray(one) ? Object.values(copy) : copy;
    return new Proxy(target, {
      get(from, key, receiver) {
        unread.delete(`${path}/${String(key)}`);
        return Reflect.get(from, key, receiver);
      },
    });
  };
  return { copy: watch(value, ''), unread: () => [...unread] };
}
