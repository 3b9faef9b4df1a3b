// What the ledger of a task remembers ↔ one packed text, the key `:ledger`: JSON of arrays only, so that an id such as
// `__proto__` is a text among others and every order is kept. IO names stand in it once, however many posts name them:
// [names, base, let go, reporters], totals as name number, total, … in order of appearance.

import type { Reporter } from '../domain/ledger.ts';
import type { IoFigures, Post } from '../domain/post.ts';
import type { ReporterTotals, TaskState } from '../domain/task-state.ts';
import { malformed, storedJson } from './stored-values.ts';

/** Numbers of a post before its deltas, and how many deltas there are. */
const DELTAS = 7;
/** Numbers of a reporter beside its lists, in this order. */
const FIGURES = [
  'newest_prior',
  'newest_timestamp',
  'timestamp_max',
  'start',
  'forgotten',
  'reopened_at',
  'last_update_at',
] as const;

export function encodeLedger(task: TaskState): string {
  const names: string[] = [];
  const numbers = new Map<string, number>();
  const numberOf = (name: string): number => {
    let number = numbers.get(name);
    if (number === undefined) {
      number = names.push(name) - 1;
      numbers.set(name, number);
    }
    return number;
  };
  const packTotals = (totals: ReporterTotals): number[] => {
    const packed: number[] = [];
    for (const [name, total] of totals) packed.push(numberOf(name), total);
    return packed;
  };
  const packPost = (post: Post): unknown[] => {
    const ios: number[] = [];
    for (const { io, count, total } of post.ios) ios.push(numberOf(io), count, total);
    const packed: unknown[] = [post.prior, post.timestamp, ...post.deltas, ios];
    const { actions, errors, status, reason, others } = post;
    // Most posts bring nothing of this.
    if (actions.length + errors.length + others.length > 0 || reason !== '') {
      packed.push(status, reason, actions, errors, others);
    } else if (status !== '') packed.push(status);
    return packed;
  };
  const base = packTotals(task.reporters_base);
  const reporters: unknown[] = [];
  for (const [work_request_id, reporter] of task.reporters) {
    const figures = FIGURES.map((figure) => reporter[figure]);
    reporters.push(work_request_id, packTotals(reporter.totals), figures, reporter.open, reporter.posts.map(packPost));
  }
  return JSON.stringify([names, base, [...task.reporters_let_go].flat(), reporters]);
}

/** Fills `reporters`, `reporters_base` and `reporters_let_go` of a task. @throws Fault torn_save */
export function decodeLedger(key: string, text: string, task: TaskState): void {
  const wrong: () => never = () => malformed(`${key}:ledger`, 'value', 'is not a ledger');
  const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : wrong());
  const integers = (value: unknown): number[] =>
    list(value).every((one) => Number.isSafeInteger(one)) ? (value as number[]) : wrong();
  const texts = (value: unknown): string[] =>
    list(value).every((one) => typeof one === 'string') ? (value as string[]) : wrong();
  const packed = list(storedJson(`${key}:ledger`, 'value', text));
  if (packed.length !== 4) wrong();
  const names = texts(packed[0]);
  const nameOf = (number: number): string => names[number] ?? wrong();

  const unpackTotals = (value: unknown, into: ReporterTotals): void => {
    const totals = integers(value);
    if (totals.length % 2 !== 0) wrong();
    for (let i = 0; i < totals.length; i += 2) into.set(nameOf(totals[i]!), totals[i + 1]!);
  };
  const unpackPost = (value: unknown): Post => {
    const [prior, timestamp, ...rest] = list(value);
    const deltas = integers(rest.slice(0, DELTAS));
    const [packedIos, status = '', reason = '', actions = [], errors = [], others = []] = rest.slice(DELTAS);
    const figures = integers(packedIos);
    if (deltas.length !== DELTAS || figures.length % 3 !== 0) wrong();
    const ios: IoFigures[] = [];
    for (let i = 0; i < figures.length; i += 3) {
      ios.push({ io: nameOf(figures[i]!), count: figures[i + 1]!, total: figures[i + 2]! });
    }
    const [priorAt, timestampAt] = integers([prior, timestamp]);
    const [statusText, reasonText] = texts([status, reason]);
    return {
      prior: priorAt!,
      timestamp: timestampAt!,
      deltas,
      ios,
      actions: integers(actions),
      errors: integers(errors),
      status: statusText!,
      reason: reasonText!,
      others: integers(others),
    };
  };

  unpackTotals(packed[1], task.reporters_base);
  const letGo = integers(packed[2]);
  for (let i = 0; i + 1 < letGo.length; i += 2) task.reporters_let_go.set(letGo[i]!, letGo[i + 1]!);
  const reporters = list(packed[3]);
  for (let i = 0; i < reporters.length; i += 5) {
    const [work_request_id] = texts([reporters[i]]);
    const figures = integers(reporters[i + 2]);
    if (figures.length !== FIGURES.length) wrong();
    const reporter = {
      totals: new Map(),
      open: integers(reporters[i + 3]),
      posts: list(reporters[i + 4]).map(unpackPost),
    };
    for (const [n, figure] of FIGURES.entries()) Object.assign(reporter, { [figure]: figures[n] });
    unpackTotals(reporters[i + 1], reporter.totals);
    task.reporters.set(work_request_id!, reporter as unknown as Reporter);
  }
}
