// The dry run of a replay: every reject that was chosen gets its outlook; those that can be replayed are listed in the
// order of their log, the others counted by why they stay.

import { replaysOf } from '../../avro/reject-message.ts';
import { identityOf, type RejectedPlace } from '../../kafka/replay-log.ts';
import type { FoundReject, Rejects } from './open-rejects.ts';
import { isChosen, type RejectFilter } from './reject-filter.ts';
import { type Outlook, outlookOf, type RejectAtHand } from './reject-outlook.ts';

export interface ReplayTerms {
  readonly filter: RejectFilter;
  /** a record that was replayed so often and rejected again stays; at least 1 */
  readonly replays_max: number;
  /** how many records are replayed at most */
  readonly limit: number;
}

/** A reject to replay: where it lies. Its bytes are read again when its turn comes. */
export interface PlannedReplay {
  readonly place: { readonly partition: number; readonly offset: number };
  readonly source: RejectedPlace;
}

/** Why a reject stays, or that it goes. */
export type Fate =
  | 'replayable'
  /** its task's state rejected it; it goes only if its reason is named */
  | 'state_decides'
  | 'rejected_again'
  /** it was replayed before */
  | 'replayed'
  /** the loop guard: it was replayed and rejected `replays_max` times */
  | 'replayed_too_often'
  | 'gone'
  | 'too_large';

export interface ReplayPlan {
  readonly replays: readonly PlannedReplay[];
  /** chosen rejects, each record once */
  readonly rejects: number;
  /** how many could be replayed beyond the limit */
  readonly beyond_limit: number;
  /** by the reason that they were rejected for, then by fate; of `rejected_again`: `rejected_again:<reason>` */
  readonly by_reason: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** One run takes no more. Of every chosen reject the place is held in memory, some 200 bytes: `--since` chooses fewer. */
export const REPLAYS_A_RUN_MAX = 1_000_000;
/** Rejects whose records are at hand at a time: each may be as large as a record can be. */
const AT_ONCE = 100;

/** @throws Fault service_unavailable */
export async function planReplay(
  rejects: Rejects,
  terms: ReplayTerms,
  onProgress: (progress: { done: number; total: number }) => void,
): Promise<ReplayPlan> {
  const seen = new Set<string>();
  const counts: Record<string, Record<string, number>> = {};
  const replays: PlannedReplay[] = [];
  const take = (found: readonly FoundReject[]) => judge(found, rejects, terms, counts, replays);
  for await (const chunk of rejects.stream(onProgress)) {
    // After a reset the same record may have been rejected into the topic twice.
    const chosen = chunk.filter(({ reject, message }) => {
      const identity = identityOf(reject.source);
      if (!isChosen(terms.filter, reject, message.key) || seen.has(identity)) return false;
      seen.add(identity);
      return true;
    });
    for (let from = 0; from < chosen.length; from += AT_ONCE) await take(chosen.slice(from, from + AT_ONCE));
  }
  replays.sort(inOrderOfLog);
  const limit = Math.min(terms.limit, REPLAYS_A_RUN_MAX);
  return {
    replays: replays.slice(0, limit),
    rejects: seen.size,
    beyond_limit: Math.max(0, replays.length - limit),
    by_reason: counts,
  };
}

async function judge(
  found: readonly FoundReject[],
  rejects: Rejects,
  terms: ReplayTerms,
  counts: Record<string, Record<string, number>>,
  replays: PlannedReplay[],
): Promise<void> {
  const open = found.filter(({ reject }) => rejects.replayLog.replayedAt(reject.source) === undefined);
  const outlooks = new Map<FoundReject, { fate: Fate; outlook: Outlook }>();
  for (const [i, atHand] of (await rejects.withRecords(open)).entries()) {
    const outlook = outlookOf(atHand, rejects.terms);
    outlooks.set(open[i]!, { fate: fateOf(atHand, outlook, terms), outlook });
  }
  for (const one of found) {
    const { fate, outlook } = outlooks.get(one) ?? { fate: 'replayed', outlook: null };
    const { reason, place, source } = one.reject;
    const name = outlook?.kind === 'rejected_again' && fate === 'rejected_again' ? `${fate}:${outlook.reason}` : fate;
    counts[reason] ??= {};
    counts[reason][name] = (counts[reason][name] ?? 0) + 1;
    if (goes(fate, reason, terms)) {
      replays.push({ place: { partition: place.partition, offset: place.offset }, source });
    }
  }
}

/** What becomes of one reject that was not replayed yet. */
export function fateOf({ record }: RejectAtHand, { kind }: Outlook, { replays_max }: ReplayTerms): Fate {
  const goesOn = kind === 'replayable' || kind === 'state_decides';
  return goesOn && record !== null && replaysOf(record.headers) >= replays_max ? 'replayed_too_often' : kind;
}

/** Whether a reject of this fate is replayed. */
export function goes(fate: Fate, reason: string, { filter }: ReplayTerms): boolean {
  return fate === 'replayable' || (fate === 'state_decides' && (filter.reason?.has(reason) ?? false));
}

/** In a partition whose time is the broker's, log time and offset go together. */
function inOrderOfLog({ source: a }: PlannedReplay, { source: b }: PlannedReplay): number {
  return a.log_time - b.log_time || a.partition - b.partition || a.offset - b.offset;
}
