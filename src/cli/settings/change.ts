// A change of the fold's settings on its way: what is asked for, the control record of every partition, and how far each
// has folded it.

import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Setting, settings } from '../../config.ts';
import type { FoldSettings } from '../../domain/fold-settings.ts';
import { CONTROL_HEADER, GROUP_HEADER } from '../../pipeline/source-header.ts';
import type { PartitionDocument } from '../../read/partition-document.ts';
import { CommandFailure, EXIT } from '../command-failure.ts';
import { nearest } from '../nearest.ts';

/** `name=value` of the command line. @throws CommandFailure (exit 2) that names the setting, the value and the cure */
export function changedSettings(texts: readonly string[]): Partial<FoldSettings> {
  const known = (settings as readonly Setting[]).filter(({ group }) => group === 'fold');
  const names = known.map(({ name }) => name);
  const changed: Record<string, number> = {};
  for (const text of texts) {
    const [name = '', value] = text.split(/=(.*)/s);
    const setting = known.find((one) => one.name === name);
    if (value === undefined) throw usage(`"${text}" is no change`, 'write it as silence_after_s=60');
    if (setting === undefined) {
      const meant = nearest(name, names);
      throw usage(
        `the fold has no setting ${JSON.stringify(name)}`,
        meant === null ? `it has ${names.join(', ')}` : `did you mean ${meant}?`,
      );
    }
    const parsed = setting.parse.safeParse(value);
    if (!parsed.success) {
      throw usage(
        `${name}: "${value.slice(0, 100)}" is not ${setting.bounds} (${setting.unit})`,
        `its default is ${String(setting.default)}`,
      );
    }
    if (name in changed) throw usage(`${name} is named twice`, 'name it once');
    changed[name] = parsed.data as number;
  }
  return changed;
}

function usage(message: string, cure: string): CommandFailure {
  return new CommandFailure(message, EXIT.usage, cure);
}

/** A name that no other change has: when it was made, and chance. */
export function newChangeName(): string {
  return `${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}-${randomUUID().slice(0, 8)}`;
}

/** The headers of its control records. */
export function controlHeaders(group: string, change: string, changed: Partial<FoldSettings>): Record<string, string> {
  return { [CONTROL_HEADER]: JSON.stringify({ group, change, settings: changed }), [GROUP_HEADER]: group };
}

/** Where the control record of a partition is. */
export interface WrittenChange {
  readonly partition: number;
  readonly offset: number;
  /**
   * `in_force`; `written`: not folded yet; `halted`, `no_owner`: not folded yet, and nobody will right now; `overtaken`: folded,
   * and another change after it; `ignored`: folded, and not obeyed
   */
  readonly condition: 'in_force' | 'written' | 'halted' | 'no_owner' | 'overtaken' | 'ignored';
}

/** An owner reports every second, so one that has not for so long is gone. */
const NO_OWNER_AFTER_MS = 15_000;

/** @param document null: nothing is known of the partition */
export function conditionOf(
  change: string,
  offset: number,
  document: PartitionDocument | null,
  nowMs: number,
): WrittenChange['condition'] {
  const { watermark = 0, settings_changes: changes = [], halt, seen_at } = document ?? {};
  if (changes.at(-1)?.change === change && watermark > offset) return 'in_force';
  if (watermark > offset) return changes.some((one) => one.change === change) ? 'overtaken' : 'ignored';
  if (halt !== undefined) return 'halted';
  return seen_at === undefined || nowMs - seen_at > NO_OWNER_AFTER_MS ? 'no_owner' : 'written';
}

const LOOK_MS = 250;
/** An owner that halts over the change says so a moment after it has folded it; a new one may be on its way. */
const SETTLE_LOOKS = 8;

/**
 * Looks until every partition has folded its control record, or is without anybody who would.
 * @param written offsets by partition
 */
export async function untilFolded(
  change: string,
  written: ReadonlyMap<number, number>,
  look: () => Promise<readonly PartitionDocument[]>,
  onLook: (partitions: readonly WrittenChange[], documents: readonly PartitionDocument[]) => void,
): Promise<WrittenChange[]> {
  for (let stuck = 0; ; ) {
    const documents = await look();
    const now = Date.now();
    const partitions = [...written].map(([partition, offset]): WrittenChange => {
      return { partition, offset, condition: conditionOf(change, offset, documents[partition] ?? null, now) };
    });
    onLook(partitions, documents);
    const open = partitions.filter(({ condition }) => !FINAL.has(condition));
    stuck = open.some(({ condition }) => condition === 'written') ? 0 : stuck + 1;
    if (open.length === 0 || stuck >= SETTLE_LOOKS) return partitions;
    await sleep(LOOK_MS);
  }
}

const FINAL: ReadonlySet<WrittenChange['condition']> = new Set(['in_force', 'overtaken', 'ignored']);
