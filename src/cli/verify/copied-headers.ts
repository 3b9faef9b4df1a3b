// The headers of a record that was copied, as its copy must have them: everything that can be sent, under its own name
// or, where that name is one of ours, behind a prefix. Values as digests.

import type { RecordHeaders } from '../../pipeline/ports.ts';
import { fingerprint, headerValues } from './bytes.ts';

/** Names that Taskfold writes on what it copies. */
const OURS =
  /^(taskfold-(source|group|origin|origin-key|log-time|dropped-headers|reject-(reason|detail|form))|ce_(specversion|id|type|source|time|subject))$/;
const PREFIX = 'taskfold-original-';

/** name → digests of its values in order. A null value, and a name that every JavaScript object has, cannot be sent. */
export function copiedHeaders(headers: RecordHeaders): Map<string, string> {
  const copied = new Map<string, string>();
  for (const name of Object.keys(headers)) {
    if (name in Object.prototype) continue;
    const values = headerValues(headers, name).filter((value) => value !== null);
    if (values.length > 0) copied.set(name, values.map(fingerprint).join('; '));
  }
  return copied;
}

/**
 * What differs between the headers of a record and those found on its copy, as names; empty: nothing.
 */
export function headerDifferences(original: ReadonlyMap<string, string>, found: ReadonlyMap<string, string>): string[] {
  const differences: string[] = [];
  const explained = new Set<string>();
  for (const [name, value] of original) {
    const moved = OURS.test(name) && found.has(PREFIX + name) ? PREFIX + name : name;
    explained.add(moved);
    if (found.get(moved) !== value) differences.push(name);
  }
  for (const name of found.keys()) if (!explained.has(name) && !OURS.test(name)) differences.push(name);
  return differences;
}
