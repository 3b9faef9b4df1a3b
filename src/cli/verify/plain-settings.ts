// The settings of the plain fold, and the control records that change them (docs/fold.md, "Control records").

import { FOLD_SETTING_BOUNDS, type FoldSettings } from '../../domain/fold-settings.ts';

export interface PlainChange {
  readonly change: string;
  readonly offset: number;
  /** ms */
  readonly log_time: number;
  readonly settings: Readonly<Record<string, number>>;
}

const REMEMBERED = 64;

export class PlainSettings {
  /** those that the next record is folded by */
  now: FoldSettings;
  changes: readonly PlainChange[] = [];
  readonly controls = { obeyed: 0, repeated: 0, ignored: 0 };
  readonly #group: string;

  constructor(atOrigin: FoldSettings, group: string) {
    this.now = atOrigin;
    this.#group = group;
  }

  /**
   * Takes a control record; answers whether it was obeyed.
   * @param text of the header's last value; null: it has none
   */
  take(text: string | null, { offset, log_time }: { readonly offset: number; readonly log_time: number }): boolean {
    const asked = askedBy(text, this.#group);
    if (asked === null) {
      this.controls.ignored += 1;
      return false;
    }
    if (this.changes.at(-1)?.change === asked.change) {
      this.controls.repeated += 1;
      return false;
    }
    this.controls.obeyed += 1;
    this.now = { ...this.now, ...asked.settings };
    this.changes = [...this.changes, { ...asked, offset, log_time }].slice(-REMEMBERED);
    return true;
  }
}

function askedBy(text: string | null, group: string): Pick<PlainChange, 'change' | 'settings'> | null {
  let read: unknown;
  try {
    read = JSON.parse(text ?? '');
  } catch {
    return null;
  }
  if (!isObject(read) || read.group !== group || !isObject(read.settings)) return null;
  const { change } = read;
  if (typeof change !== 'string' || !/^[a-z0-9._-]{1,64}$/i.test(change)) return null;
  const asked = Object.entries(read.settings);
  if (asked.length === 0 || !asked.every(isSetting)) return null;
  return { change, settings: Object.fromEntries(asked) as Record<string, number> };
}

function isSetting([name, value]: readonly [string, unknown]): boolean {
  const bounds: Readonly<Record<string, readonly [number, number]>> = FOLD_SETTING_BOUNDS;
  if (!Object.hasOwn(bounds, name) || !Number.isInteger(value)) return false;
  const [least, greatest] = bounds[name]!;
  return (value as number) >= least && (value as number) <= greatest;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}
