// Collects the writes of one save in the form that save.lua takes: the keys, declared in full, and one flat array of
// strings. One packed argument instead of thousands is what makes large saves fast.

import { Packr } from 'msgpackr';

/** Lua's unpack fails at about 8,000 values. */
const VALUES_MAX = 2_000;

const packr = new Packr({ useRecords: false });

export interface SlotWrites {
  /** KEYS: the head first */
  readonly keys: string[];
  /** `values` alternates fields and values; nothing happens where it is empty */
  hset(key: string, values: readonly string[]): void;
  hdel(key: string, fields: readonly string[]): void;
  rpush(key: string, values: readonly string[]): void;
  /** `values` alternates scores and members */
  zadd(key: string, values: readonly string[]): void;
  zrem(key: string, members: readonly string[]): void;
  sadd(key: string, members: readonly string[]): void;
  srem(key: string, members: readonly string[]): void;
  /** any other command with few values */
  write(command: string, key: string, ...values: string[]): void;
  /** the msgpack argument; strings only, because cmsgpack and msgpackr agree on nothing else exactly */
  pack(): Buffer;
}

export function slotWrites(head: string): SlotWrites {
  const keys = [head];
  const flat: string[] = [];
  let lastKey = head;
  let lastIndex = '1';

  function begin(command: string, key: string, count: number): void {
    if (key !== lastKey) {
      lastIndex = key === head ? '1' : String(keys.push(key));
      lastKey = key;
    }
    flat.push(command, lastIndex, String(count));
  }
  function many(command: string, key: string, values: readonly string[]): void {
    for (let from = 0; from < values.length; from += VALUES_MAX) {
      const to = Math.min(from + VALUES_MAX, values.length);
      begin(command, key, to - from);
      for (let i = from; i < to; i++) flat.push(values[i]!);
    }
  }
  return {
    keys,
    hset: (key, values) => many('HSET', key, values),
    hdel: (key, fields) => many('HDEL', key, fields),
    rpush: (key, values) => many('RPUSH', key, values),
    zadd: (key, values) => many('ZADD', key, values),
    zrem: (key, members) => many('ZREM', key, members),
    sadd: (key, members) => many('SADD', key, members),
    srem: (key, members) => many('SREM', key, members),
    write(command, key, ...values) {
      begin(command, key, values.length);
      for (const value of values) flat.push(value);
    },
    pack: () => packr.pack(flat),
  };
}
