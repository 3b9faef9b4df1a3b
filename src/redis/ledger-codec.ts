// What a task's reporters have told ↔ one packed text, the key `:ledger`. IO names stand in it once, however many
// reporters name them: [names, base, reporters], base and totals as name number, total, … in order of appearance.

import type { ReporterTotals, TaskState } from '../domain/task-state.ts';
import { malformed, storedJson } from './stored-values.ts';

/** JSON of arrays only: an id such as `__proto__` is a text among others, and the order is kept. */
export function encodeLedger(task: TaskState): string {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const pack = (totals: ReporterTotals): number[] => {
    const packed: number[] = [];
    for (const [name, total] of totals) {
      let number = numbers.get(name);
      if (number === undefined) {
        number = names.push(name) - 1;
        numbers.set(name, number);
      }
      packed.push(number, total);
    }
    return packed;
  };
  const base = pack(task.reporters_base);
  const reporters: (string | number[])[] = [];
  for (const [reporter, totals] of task.reporters) reporters.push(reporter, pack(totals));
  return JSON.stringify([names, base, reporters]);
}

/** Fills `reporters` and `reporters_base` of a task. @throws Fault torn_save */
export function decodeLedger(key: string, text: string, task: TaskState): void {
  const wrong: () => never = () => malformed(`${key}:ledger`, 'value', 'is not a ledger');
  const packed = storedJson(`${key}:ledger`, 'value', text);
  if (!Array.isArray(packed) || packed.length !== 3) wrong();
  const [names, base, reporters] = packed as unknown[];
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string') || !Array.isArray(reporters)) {
    wrong();
  }
  const unpack = (totals: unknown, into: ReporterTotals): void => {
    if (!Array.isArray(totals) || totals.length % 2 !== 0) wrong();
    for (let i = 0; i < totals.length; i += 2) {
      const name: unknown = names[totals[i]];
      const total: unknown = totals[i + 1];
      if (typeof name !== 'string' || typeof total !== 'number' || !Number.isSafeInteger(total)) wrong();
      into.set(name, total);
    }
  };
  unpack(base, task.reporters_base);
  for (let i = 0; i < reporters.length; i += 2) {
    const reporter: unknown = reporters[i];
    if (typeof reporter !== 'string') wrong();
    const totals: ReporterTotals = new Map();
    unpack(reporters[i + 1], totals);
    task.reporters.set(reporter, totals);
  }
}
