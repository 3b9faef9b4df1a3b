// What of the figures is old, and why: halted partitions, processors that have gone, lag, services that are away. Each notice
// says how old the data is, since that is what a reader has to know before anything else.

import type { PartitionDocument, PartitionsAnswer } from '../documents.ts';
import { duration } from '../format/time.ts';
import type { Connection } from './problem.ts';

/** An owner reports every second; one that has missed two is gone, or as good as. */
export const OWNER_GONE_MS = 2_100;
/** A little lag is how streams are. */
const LAG_MS_WORTH_TELLING = 10_000;

/** `halted` includes torn and damaged; `ownerless`: nobody reports; `healing`: its owner met a fault that heals by itself; `unreachable`: its master of a Redis Cluster is away */
export type Standing = 'running' | 'healing' | 'ownerless' | 'halted' | 'empty' | 'unreachable';

export interface Notice {
  readonly tone: 'bad' | 'warn';
  readonly text: string;
  /** how old the data is; apart, because it changes every second */
  readonly age: string;
  /** where more is said */
  readonly to?: string;
}

/** @param read_at when the partition was read, by the API's clock, epoch ms */
export function standingOf(partition: PartitionDocument, read_at: number): Standing {
  const { condition, seen_at } = partition;
  if (condition === 'halted' || condition === 'torn' || condition === 'damaged') return 'halted';
  if (condition === 'unreachable') return condition;
  if (seen_at === undefined) return condition === 'empty' ? 'empty' : 'ownerless';
  if (condition === 'away' || condition === 'stopped' || read_at - seen_at > OWNER_GONE_MS) return 'ownerless';
  return condition === 'running' ? 'running' : 'healing';
}

/** The worst first. @param now by the API's clock */
export function noticesOf(connection: Connection, told: PartitionsAnswer | undefined, now: number): Notice[] {
  if (connection.state === 'away') {
    const { problem, answered_at } = connection;
    const age = answered_at === 0 ? '' : `what you see is ${duration(now - answered_at)} old`;
    return [{ tone: 'bad', text: problem?.title ?? 'No answer', age }];
  }
  if (told === undefined) return [];
  const { partitions, as_of } = told;
  const notices: Notice[] = [];
  const to = '/processors';
  const standing = (wanted: Standing) => partitions.filter((one) => standingOf(one, as_of.read_at) === wanted);
  const halted = standing('halted');
  if (halted.length > 0) {
    notices.push({ tone: 'bad', text: named(halted, 'halted'), age: ageOf(halted, told), to });
  }
  const unreachable = standing('unreachable');
  if (unreachable.length > 0) {
    const text = named(unreachable, 'out of reach in Redis');
    notices.push({ tone: 'bad', text, age: 'the figures are those of the others', to });
  }
  const ownerless = standing('ownerless');
  if (ownerless.length > 0) {
    const all = ownerless.length === partitions.length;
    const text = all ? 'No processor reports' : named(ownerless, 'without a processor');
    notices.push({ tone: 'bad', text, age: ageOf(ownerless, told), to });
  }
  if (as_of.away.includes('kafka')) {
    notices.push({ tone: 'bad', text: 'Kafka does not answer', age: 'how much waits there is not known', to });
  }
  const healing = standing('healing');
  if (healing.length > 0) {
    notices.push({ tone: 'warn', text: named(healing, 'being taken over'), age: ageOf(healing, told), to });
  }
  const lag_ms = as_of.complete_until === undefined ? 0 : as_of.read_at - as_of.complete_until;
  if (notices.length === 0 && lag_ms > LAG_MS_WORTH_TELLING) {
    notices.push({ tone: 'warn', text: 'The fold is behind', age: `what you see is ${duration(lag_ms)} old`, to });
  }
  return notices;
}

function named(partitions: readonly PartitionDocument[], what: string): string {
  const numbers = partitions.map(({ partition }) => partition);
  const shown = numbers.slice(0, 6).join(', ');
  const more = numbers.length > 6 ? ` and ${numbers.length - 6} more` : '';
  return numbers.length === 1 ? `Partition ${shown} is ${what}` : `Partitions ${shown}${more} are ${what}`;
}

/** How old what is known of them is: nothing that came since is in it. */
function ageOf(some: readonly PartitionDocument[], { as_of }: PartitionsAnswer): string {
  const numbers = new Set(some.map(({ partition }) => partition));
  const until = as_of.partitions.flatMap(({ partition, complete_until }) =>
    numbers.has(partition) && complete_until !== undefined ? [complete_until] : [],
  );
  if (until.length === 0) return '';
  const age = as_of.read_at - Math.min(...until);
  return age < 1_000 ? '' : `${some.length === 1 ? 'its' : 'their'} data is ${duration(age)} old`;
}
