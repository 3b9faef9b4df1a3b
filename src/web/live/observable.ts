// A value that views watch: the smallest store that does.

import { useEffect, useState } from 'preact/hooks';

export interface Observable<Value> {
  readonly value: Value;
  set(value: Value): void;
  /** @returns ends the watching */
  watch(listener: (value: Value) => void): () => void;
}

export function observable<Value>(first: Value): Observable<Value> {
  const listeners = new Set<(value: Value) => void>();
  let current = first;
  return {
    get value() {
      return current;
    },
    set(value) {
      if (Object.is(value, current)) return;
      current = value;
      for (const listener of [...listeners]) listener(value);
    },
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The value now; the component is drawn anew when it changes. */
export function useValue<Value>(source: Observable<Value>): Value {
  const [value, take] = useState(source.value);
  useEffect(() => {
    take(() => source.value);
    return source.watch((changed) => take(() => changed));
  }, [source]);
  return value;
}
