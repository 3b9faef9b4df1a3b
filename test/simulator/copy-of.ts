// Copies of what a slot holds. The simulator makes them at every call and every save, where structuredClone took half of its time.

import type { Slot } from './memory-slot-store.ts';

/** A copy that shares nothing with the value: of plain values, arrays, maps, sets, bytes; any other object becomes a plain one. */
export function copyOf<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy);
  if (value instanceof Map) {
    const map = new Map<unknown, unknown>();
    for (const [key, held] of value) map.set(key, copy(held));
    return map;
  }
  if (value instanceof Set) return new Set(value);
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  const object: Record<string, unknown> = {};
  for (const name in value) if (Object.hasOwn(value, name)) object[name] = copy(value[name as keyof typeof value]);
  return object;
}

/** A slot as it is now: its maps, sets and lists anew. What they hold is only ever replaced in a slot, so both may hold it. */
export function keptCopy(slot: Slot): Slot {
  const copy = Object.entries(slot).map(([name, part]) => [name, name === 'rollUps' ? ownParts(part) : anew(part)]);
  return Object.fromEntries(copy) as Slot;
}

function ownParts(parts: object): object {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, anew(part)]));
}

function anew(part: unknown): unknown {
  if (Array.isArray(part)) return [...part];
  if (part instanceof Set) return new Set(part);
  if (!(part instanceof Map)) return part;
  const copy = new Map(part);
  for (const [key, held] of copy) if (held instanceof Map || held instanceof Set) copy.set(key, anew(held));
  return copy;
}
