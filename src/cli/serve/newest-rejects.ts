// The rejects for the API, the newest first: the topic is read backwards, a stretch of every partition at a time.

import type { RejectsSource } from '../../serve/sources.ts';
import { type FoundReject, openRejects, type Rejects } from '../rejects/open-rejects.ts';
import { isChosen } from '../rejects/reject-filter.ts';
import { rejectDocument } from '../rejects/whole-reject.ts';
import type { RequestRunner } from './request-context.ts';

/** Offsets of a partition that are read at once, and how many such stretches for one page. */
const STRETCH = 500;
const STRETCHES_MAX = 8;
/** ms */
const READ_MS_MAX = 10_000;

export function createRejectsSource(runner: RequestRunner): RejectsSource {
  return ({ limit, before, ...filter }) =>
    runner.run(async (context) => {
      const rejects = await openRejects(context);
      const bounds = await rejects.bounds();
      const upper = new Map([...bounds].map(([p, { end }]) => [p, Math.min(end, before?.get(p) ?? end)]));
      const deadline = performance.now() + READ_MS_MAX;
      let chosen: FoundReject[] = [];
      for (let n = 0; n < STRETCHES_MAX && chosen.length < limit && performance.now() < deadline; n++) {
        const open = [...upper].filter(([p, to]) => to > bounds.get(p)!.start);
        if (open.length === 0) break;
        const to = new Map(open);
        const from = new Map(open.map(([p, end]) => [p, Math.max(bounds.get(p)!.start, end - STRETCH)]));
        const stretch: FoundReject[] = [];
        for await (const found of rejects.between(from, to)) stretch.push(...found);
        chosen = [...chosen, ...newestFirst(stretch).filter((one) => isChosen(filter, one.reject, one.message.key))];
        for (const [p, offset] of from) upper.set(p, offset);
      }
      // What does not fit is for the next page, which goes on behind what this one has of each partition.
      for (const { message } of chosen.splice(limit)) {
        upper.set(message.partition, Math.max(upper.get(message.partition)!, message.offset + 1));
      }
      const isMore = [...upper].some(([p, to]) => to > bounds.get(p)!.start);
      return { rejects: await documentsOf(rejects, chosen), ...(isMore ? { before: upper } : {}) };
    });
}

/** By the time of the rejection; those of one partition stay in their order, whatever their clocks say. */
function newestFirst(found: readonly FoundReject[]): FoundReject[] {
  const earliest = new Map<number, number>();
  const timed = found
    .toSorted((a, b) => b.message.offset - a.message.offset)
    .map((one) => {
      const { partition } = one.message;
      const at = Math.min(one.reject.rejected_at, earliest.get(partition) ?? Number.POSITIVE_INFINITY);
      earliest.set(partition, at);
      return { at, one };
    });
  return timed.sort((a, b) => b.at - a.at).map(({ one }) => one);
}

async function documentsOf(rejects: Rejects, found: readonly FoundReject[]) {
  const atHand = await rejects.withRecords(found);
  return found.map((one, i) => rejectDocument(one, atHand[i]!, rejects));
}
