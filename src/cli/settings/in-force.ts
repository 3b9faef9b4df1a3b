// The settings of the fold that are in force, partition by partition, as Redis has them at each W.

import { FOLD_SETTING_NAMES, type FoldSettings } from '../../domain/fold-settings.ts';
import type { SettingsChange } from '../../domain/settings-change.ts';
import type { PartitionDocument } from '../../read/partition-document.ts';
import { table } from '../output.ts';

export interface PartitionSettings {
  readonly partition: number;
  /** absent: nothing is folded there yet */
  readonly settings?: FoldSettings;
  /** the change that was obeyed last; absent: none, they are those that the fold began with at `origin` */
  readonly since?: SettingsChange;
  readonly origin?: number;
  readonly watermark?: number;
  readonly controls?: PartitionDocument['controls'];
  /** those that were given to the owner */
  readonly given?: Partial<FoldSettings>;
}

export interface SettingsInForce {
  /** of all partitions; those that differ between them are left out */
  readonly settings: Partial<FoldSettings>;
  /** names of settings that are not the same in all partitions */
  readonly differing: readonly (keyof FoldSettings)[];
  readonly partitions: readonly PartitionSettings[];
}

export function settingsInForce(documents: readonly PartitionDocument[]): SettingsInForce {
  const partitions = documents.map((document): PartitionSettings => {
    const {
      partition,
      settings,
      settings_changes: changes = [],
      origin,
      watermark,
      controls,
      given_settings,
    } = document;
    const since = changes.at(-1);
    return {
      partition,
      ...(settings === undefined ? {} : { settings }),
      ...(since === undefined ? {} : { since }),
      ...(origin === undefined ? {} : { origin }),
      ...(watermark === undefined ? {} : { watermark }),
      ...(controls === undefined ? {} : { controls }),
      ...(given_settings === undefined ? {} : { given: given_settings }),
    };
  });
  const known = partitions.flatMap(({ settings }) => (settings === undefined ? [] : [settings]));
  const isSame = (name: keyof FoldSettings) => known.every((settings) => settings[name] === known[0]![name]);
  const same = known.length === 0 ? [] : FOLD_SETTING_NAMES.filter(isSame);
  return {
    settings: Object.fromEntries(same.map((name) => [name, known[0]![name]])),
    differing: FOLD_SETTING_NAMES.filter((name) => !isSame(name)),
    partitions,
  };
}

/** For people: the settings, then what each partition has to say of them. */
export function inForceText({ settings, differing, partitions }: SettingsInForce, units: ReadonlyMap<string, string>) {
  const rows = FOLD_SETTING_NAMES.map((name) => {
    const value = settings[name] === undefined ? byValue(name, partitions) : String(settings[name]);
    return [name, `${value} ${units.get(name) ?? ''}`.trim()];
  });
  const lines = [
    table([['setting', 'in force'], ...rows]),
    '',
    table([PARTITION_HEAD, ...partitions.map(partitionRow)]),
  ];
  if (differing.length > 0) {
    lines.push('', `not the same in all partitions: ${differing.join(', ')}`);
    lines.push(`  cure: taskfold settings set ${differing.map((name) => `${name}=<value>`).join(' ')}`);
  }
  return lines.join('\n');
}

const PARTITION_HEAD = [
  'partition',
  'in force since offset',
  'change',
  'changed',
  'W',
  'ignored',
  'given to the owner',
];

function partitionRow({ partition, settings, since, origin, watermark, controls, given }: PartitionSettings) {
  if (settings === undefined) return [String(partition), '-', 'nothing is folded yet', '-', '-', '-', '-'];
  const named = Object.entries(given ?? {}).map(([name, value]) => `${name}=${value}`);
  return [
    String(partition),
    since === undefined ? (origin ?? '-') : since.offset + 1,
    since?.change ?? 'none: as it began',
    since === undefined ? '-' : new Date(since.log_time).toISOString(),
    watermark ?? '-',
    controls?.ignored ?? 0,
    named.join(' ') || '-',
  ];
}

/** `30 (0, 1), 60 (2)`: the values with the partitions that have them. */
function byValue(name: keyof FoldSettings, partitions: readonly PartitionSettings[]): string {
  const having = new Map<number, number[]>();
  for (const { partition, settings } of partitions) {
    if (settings === undefined) continue;
    having.set(settings[name], [...(having.get(settings[name]) ?? []), partition]);
  }
  return [...having].map(([value, where]) => `${value} (partition ${where.join(', ')})`).join(', ') || '-';
}
