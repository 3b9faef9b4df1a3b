// What a growth of the input topic does to the plain folds (docs/fold.md, "Growth"): written from that page, not from src/domain.

import { PlainFold } from './plain-fold.ts';
import { plainHome } from './plain-murmur2.ts';
import { newPlainRollUp, PLAIN_KINDS, type PlainKind, type PlainRollUp } from './plain-roll-ups.ts';
import type { PlainTask } from './plain-task.ts';

/**
 * @param before the folds of all partitions, each at its cut
 * @param cuts where each partition goes on afterwards; there are as many partitions as cuts
 * @param group whose control records are obeyed
 * @returns the folds of all partitions afterwards; those of before are of no more use
 */
export function growPlainly(before: readonly PlainFold[], cuts: readonly number[], group: string): PlainFold[] {
  const settings = before[0]!.settings.now;
  const now = Math.max(...before.map(({ clock }) => clock.now));
  const generation = Math.max(1, ...before.map(({ retired }) => retired.generation));
  const after = cuts.map((_, partition) => {
    const fold = new PlainFold(partition, cuts.length, settings, group);
    fold.cuts = cuts.slice(0, before.length);
    fold.retired.goOn(generation, now);
    const old = before[partition];
    const log_time = old?.clock.log_time ?? null;
    fold.clock = { now, log_time, alarms_after: now + 1_000 * settings.silence_after_s };
    if (old !== undefined) takeCounts(fold, old);
    return fold;
  });
  const homeOf = (id: string) => after[plainHome(id, cuts.length)]!;
  for (const [from, old] of before.entries()) {
    const shift = now - old.clock.now;
    for (const task of old.tasks.values()) {
      const home = homeOf(task.internal_task_id);
      if (home !== after[from]) {
        const cut = cuts[after.indexOf(home)]!;
        task.first_offset = cut - 1;
        task.last_offset = cut - 1;
        moveFailures(task, after[from]!, home);
      }
      task.look_at += shift;
      if (task.no_progress_since !== undefined) task.no_progress_since += shift;
      if (task.lost_before !== undefined) task.lost_before += shift;
      for (const reporter of task.reporters.values()) reporter.heard_at += shift;
      home.bring(task);
    }
    for (const [id, of] of old.retired.tombstones) {
      homeOf(id).retired.tombstones.set(id, generation - (old.retired.generation - of));
    }
    for (const kind of PLAIN_KINDS) {
      for (const [id, share] of old.rollUps.byId[kind]) splitShare(kind, id, share, homeOf);
    }
  }
  return after;
}

/** What stays with the partition, whatever becomes of its tasks. */
function takeCounts(fold: PlainFold, old: PlainFold): void {
  Object.assign(fold.outcomes, old.outcomes);
  for (const [reason, count] of old.rejected_by_reason) fold.rejected_by_reason.set(reason, count);
  for (const [partition, offset] of old.rerouted_from) fold.rerouted_from.set(partition, offset);
  for (const [reason, count] of old.failures_by_reason) fold.failures_by_reason.set(reason, count);
  fold.ticks = old.ticks;
  const { tasks, job_creations, error_count, retry_count, processed_stats } = old.retired;
  Object.assign(fold.retired, { tasks, job_creations, error_count, retry_count });
  for (const [stat, sum] of processed_stats) fold.retired.processed_stats.set(stat, sum);
}

function moveFailures(task: PlainTask, from: PlainFold, to: PlainFold): void {
  for (const [reason, count] of task.failures_by_reason) {
    const left = (from.failures_by_reason.get(reason) ?? 0) - count;
    if (left === 0) from.failures_by_reason.delete(reason);
    else from.failures_by_reason.set(reason, left);
    to.failures_by_reason.set(reason, (to.failures_by_reason.get(reason) ?? 0) + count);
  }
}

/** Each task goes on in the share of its new partition; what was retired goes where the lowest of the tasks' ids goes. */
function splitShare(kind: PlainKind, id: string, share: PlainRollUp, homeOf: (id: string) => PlainFold): void {
  const ids = [...share.tasks].map(({ internal_task_id }) => internal_task_id);
  const keeper = homeOf(ids.sort()[0]!);
  for (const task of share.tasks) {
    const shares = homeOf(task.internal_task_id).rollUps.byId[kind];
    const own = shares.get(id) ?? newPlainRollUp(share.first_update_at);
    shares.set(id, own);
    own.tasks.add(task);
    own.first_update_at = Math.min(own.first_update_at, share.first_update_at);
    own.last_update_at = Math.max(own.last_update_at, share.last_update_at);
  }
  const { retired } = keeper.rollUps.byId[kind].get(id)!;
  for (const [name, sum] of share.retired) retired.set(name, (retired.get(name) ?? 0n) + sum);
}
