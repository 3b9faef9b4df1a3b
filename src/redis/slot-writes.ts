// Collects the writes of one save in the form that save.lua takes: the keys, declared in full, and one argument, a msgpack
// array of strings. One packed argument instead of thousands is what makes large saves fast. It is packed here as it comes: a
// library that packs anything asks of each string what it is, and that was a quarter of what folding and saving cost.

/** Lua's unpack fails at about 8,000 values. */
const VALUES_MAX = 2_000;
/** Up to this length a text is looked at unit by unit, which is faster than calling what encodes any text. */
const SHORT_MAX = 100;
const BYTES_A_UNIT_MAX = 3;
/** Of an array or a text, at most. */
const HEADER_BYTES = 5;

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
  /** any other command with few values */
  write(command: string, key: string, ...values: string[]): void;
  /** the msgpack argument; strings only, because cmsgpack reads nothing else as exactly as everybody writes it. Called once */
  pack(): Buffer;
}

const BYTES_MIN = 64 * 1_024;
/** How much room the next save is given at first: a little more than the last one took. */
let roomLately = BYTES_MIN;

export function slotWrites(head: string): SlotWrites {
  const keys = [head];
  let bytes = Buffer.allocUnsafeSlow(roomLately);
  let end = HEADER_BYTES;
  let texts = 0;
  let lastKey = head;
  let lastIndex = '1';

  function put(text: string): void {
    const { length } = text;
    const most = end + HEADER_BYTES + BYTES_A_UNIT_MAX * length;
    if (most > bytes.length) grow(most);
    texts++;
    if (length <= SHORT_MAX) {
      const start = end + (length < 32 ? 1 : 2);
      let at = 0;
      for (; at < length; at++) {
        const unit = text.charCodeAt(at);
        if (unit > 0x7f) break;
        bytes[start + at] = unit;
      }
      if (at === length) {
        if (length < 32) bytes[end] = 0xa0 | length;
        else {
          bytes[end] = 0xd9;
          bytes[end + 1] = length;
        }
        end = start + length;
        return;
      }
    }
    const written = bytes.write(text, end + HEADER_BYTES);
    bytes[end] = 0xdb;
    bytes.writeUInt32BE(written, end + 1);
    end += HEADER_BYTES + written;
  }

  function grow(least: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(least, 2 * bytes.length));
    bytes.copy(larger, 0, 0, end);
    bytes = larger;
  }

  function begin(command: string, key: string, count: number): void {
    if (key !== lastKey) {
      lastIndex = key === head ? '1' : String(keys.push(key));
      lastKey = key;
    }
    put(command);
    put(lastIndex);
    put(String(count));
  }
  function many(command: string, key: string, values: readonly string[]): void {
    for (let from = 0; from < values.length; from += VALUES_MAX) {
      const to = Math.min(from + VALUES_MAX, values.length);
      begin(command, key, to - from);
      for (let i = from; i < to; i++) put(values[i]!);
    }
  }
  return {
    keys,
    hset: (key, values) => many('HSET', key, values),
    hdel: (key, fields) => many('HDEL', key, fields),
    rpush: (key, values) => many('RPUSH', key, values),
    zadd: (key, values) => many('ZADD', key, values),
    zrem: (key, members) => many('ZREM', key, members),
    write(command, key, ...values) {
      begin(command, key, values.length);
      for (const value of values) put(value);
    },
    pack() {
      bytes[0] = 0xdd;
      bytes.writeUInt32BE(texts, 1);
      roomLately = Math.max(BYTES_MIN, Math.ceil(1.25 * end));
      return bytes.subarray(0, end);
    },
  };
}
