// The writes of a save into an empty slot, as the raw keys that they make.

import type { SlotPiece } from './copy-slot.ts';
import type { SlotKeys } from './slot-keys.ts';
import type { SlotWrites } from './slot-writes.ts';

/** Takes writes into an empty slot as pieces; nothing is there that could be deleted. */
export function collected(keys: SlotKeys): { readonly pieces: SlotPiece[]; readonly writes: SlotWrites } {
  const pieces: SlotPiece[] = [];
  const put = (type: SlotPiece['type'], key: string, values: readonly string[]) => {
    if (values.length > 0) pieces.push({ key: key.slice(keys.tag.length + 1), type, values: [...values] });
  };
  const nothing = () => {};
  let hash = '';
  let values: string[] = [];
  let value = '';
  const writes: SlotWrites = {
    keys: [],
    openHash(key) {
      hash = key;
      values = [];
    },
    field: ({ text }) => void values.push(text),
    fieldOf: (name) => void values.push(name),
    number: (number) => void values.push(String(number)),
    text: (text) => void values.push(text),
    beginValue() {
      value = '';
    },
    piece(text) {
      value += text;
    },
    digits(number) {
      value += number;
    },
    endValue: () => void values.push(value),
    closeHash: () => put('hash', hash, values),
    hset: (key, values) => put('hash', key, values),
    hdel: nothing,
    rpush: (key, values) => put('list', key, values),
    zadd(key, values) {
      const flat: string[] = [];
      for (let at = 0; at < values.length; at += 2) flat.push(values[at + 1]!, values[at]!);
      put('zset', key, flat);
    },
    zrem: nothing,
    write(command, key, ...values) {
      if (command === 'HSET') put('hash', key, values);
      else if (command === 'SET') put('string', key, values);
    },
    pack: () => Buffer.alloc(0),
  };
  return { pieces, writes };
}
