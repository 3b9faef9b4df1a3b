// What the heads in Redis say about where and how each partition was folded: the plain fold takes its origin and its
// settings from there, because these are inputs of the fold, not results.

import { DEFAULT_FOLD_SETTINGS, FOLD_VERSION, type FoldSettings } from '../../domain/fold-settings.ts';
import type { GrownFrom } from '../../domain/head.ts';
import { LAYOUT_VERSION } from '../../redis/slot-keys.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import type { FoundSlot } from './found-state.ts';

export interface SlotPin {
  /** null: the slot is empty */
  readonly watermark: number | null;
  readonly origin: number | null;
  readonly incarnation: string;
  /** at the origin */
  readonly settings: FoldSettings;
  /** the mark of a save that did not end */
  readonly saving: string | null;
  /** the growth that this life began with; null: none */
  readonly growth: SlotGrowth | null;
}

export interface SlotGrowth extends GrownFrom {
  readonly id: string;
}

/**
 * @param partitionCount of the topic as it is
 * @throws CommandFailure where the slot was folded by other rules, for another number of partitions, or is damaged
 */
export function slotPin(partition: number, { head }: FoundSlot, partitionCount: number): SlotPin {
  const saving = head.get('saving') ?? null;
  const incarnation = head.get('incarnation') ?? '';
  const settings = { ...DEFAULT_FOLD_SETTINGS };
  if (!head.has('watermark')) {
    return { watermark: null, origin: null, incarnation, settings, saving, growth: null };
  }
  const number = (field: string): number => {
    const value = Number(head.get(field) ?? Number.NaN);
    if (!Number.isSafeInteger(value)) throw refusal(partition, `${field} reads ${head.get(field) ?? 'nothing'}`);
    return value;
  };
  const must = (field: string, ours: number | string) => {
    if (head.get(field) !== String(ours)) {
      throw refusal(partition, `${field} is ${head.get(field) ?? 'missing'}, and this can only look at ${ours}`);
    }
  };
  must('layout', LAYOUT_VERSION);
  must('fold_version', FOLD_VERSION);
  must('partition_count', partitionCount);
  for (const setting of Object.keys(settings) as (keyof FoldSettings)[]) {
    Object.assign(settings, { [setting]: number(`origin_settings.${setting}`) });
  }
  const grownFrom = head.get('grown_from');
  const growth =
    grownFrom === undefined ? null : { ...(JSON.parse(grownFrom) as GrownFrom), id: head.get('growth.id') ?? '' };
  return { watermark: number('watermark'), origin: number('origin'), incarnation, settings, saving, growth };
}

function refusal(partition: number, what: string): CommandFailure {
  return new CommandFailure(`the head of partition ${partition} in Redis: ${what}`, EXIT.failed);
}
