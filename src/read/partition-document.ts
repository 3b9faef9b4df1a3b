// One partition as the command line and dashboards show it: how far it is, who works on it, and what halts it.

import type { FoldSettings } from '../domain/fold-settings.ts';
import type { PinnedGrowth, SlotHead } from '../domain/head.ts';
import { OUTCOMES, type Outcome } from '../domain/outcome.ts';
import type { SettingsChange } from '../domain/settings-change.ts';
import type { SlotGlimpse } from '../redis/slot-reads.ts';

/** What is absent is not known. */
export interface PartitionDocument {
  partition: number;
  /** W: the next offset not yet folded; absent: the slot is empty */
  watermark?: number;
  /** C: the next offset whose events are not yet committed, as the owner last told */
  emitted?: number;
  /** the end of the log, as the owner last told */
  log_end?: number;
  /** records behind: log_end − W, never below 0 */
  lag?: number;
  owner?: string;
  /** the owner's state of the partition */
  state?: string;
  /** wall clock of the owner's last report, UTC epoch milliseconds */
  seen_at?: number;
  halt?: { code: string; message: string; cure: string };
  /** a save or clearing did not end: nobody can go on with this slot as it is */
  torn?: string;
  /** what is wrong with the stored head or roll-up */
  damaged?: string;
  /** why the master of a Redis Cluster that holds the slot could not be asked: nothing else is known then */
  unreachable?: string;
  received?: number;
  outcomes?: { [outcome in Outcome]: number };
  rejected_by_reason?: Record<string, number>;
  /** records that only told the time; no part of `received` */
  ticks?: number;
  /** where the fold of this slot began */
  origin?: number;
  /** the last growth of the input topic, and how many partitions there were before */
  growth?: PinnedGrowth;
  /** settings of the fold in force at W */
  settings?: FoldSettings;
  /** what changed them since the origin, the latest last */
  settings_changes?: readonly SettingsChange[];
  /** control records: obeyed, repeated (the same change once more), ignored (of another group, or nothing that can be obeyed) */
  controls?: SlotHead['controls'];
  /** settings of the fold that were given to the owner: it halts where others come into force */
  given_settings?: Partial<FoldSettings>;
  /** entries of the outbox, sent ones that are not trimmed yet included */
  outbox_length: number;
}

export function partitionDocument(partition: number, slot: SlotGlimpse): PartitionDocument {
  const { watermark, saving, head, live } = slot;
  const document: PartitionDocument = { partition, outbox_length: slot.outbox_length };
  if (watermark !== null) document.watermark = watermark;
  if (saving !== null) document.torn = saving;
  if (slot.damage !== null) document.damaged = slot.damage;
  if (slot.unreachable !== null) document.unreachable = slot.unreachable;
  if (live) {
    document.owner = live.owner;
    document.state = live.state;
    document.seen_at = live.seen_at;
    document.log_end = live.log_end;
    if (live.emitted !== null) document.emitted = live.emitted;
    if (live.halt) document.halt = { ...live.halt };
    if (live.given) document.given_settings = live.given;
    if (watermark !== null) document.lag = Math.max(0, live.log_end - watermark);
  }
  if (head) {
    document.received = head.received;
    document.outcomes = countsOf(head.outcomes);
    document.rejected_by_reason = Object.fromEntries(head.rejected_by_reason);
    document.ticks = head.ticks;
    document.origin = head.pins.origin;
    if (head.pins.growth) document.growth = head.pins.growth;
    document.settings = head.settings;
    document.settings_changes = head.changes;
    document.controls = head.controls;
  }
  return document;
}

function countsOf(outcomes: Readonly<{ [outcome in Outcome]: number }>): { [outcome in Outcome]: number } {
  const counts = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
  for (const outcome of OUTCOMES) counts[outcome] = outcomes[outcome];
  return counts;
}
