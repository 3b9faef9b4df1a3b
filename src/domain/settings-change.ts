// Changes of the fold's settings: what a control record of the log asks for, and what it does to a slot. As the settings
// change at an offset, the fold stays a function of the log (docs/fold.md, "Control records").

import { FOLD_SETTING_BOUNDS, FOLD_SETTING_NAMES, type FoldSettings } from './fold-settings.ts';
import type { SlotHead } from './head.ts';
import { generationOf } from './tombstone.ts';

/** What a control record asks for. */
export interface Control {
  /** told apart from other changes; the same in every partition */
  readonly change: string;
  readonly settings: Partial<FoldSettings>;
}

/** A control record that was obeyed. */
export interface SettingsChange extends Control {
  readonly offset: number;
  /** ms */
  readonly log_time: number;
}

/** How many changes a slot remembers. */
export const CHANGES_KEPT = 64;

const CHANGE = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * What the header of a control record asks of this group.
 * @param text JSON: `group`, `change`, `settings`; other fields mean nothing
 * @returns null: nothing that is obeyed; it is another group's, or not of this form, or a value lies out of its bounds
 */
export function readControl(text: string | undefined, group: string): Control | null {
  const read = parse(text);
  if (read === null || read.group !== group) return null;
  const { change, settings } = read;
  if (typeof change !== 'string' || !CHANGE.test(change) || !isObject(settings)) return null;
  const asked: { -readonly [name in keyof FoldSettings]?: number } = {};
  for (const name of FOLD_SETTING_NAMES) {
    const value = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (value === undefined) continue;
    const [min, max] = FOLD_SETTING_BOUNDS[name];
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) return null;
    asked[name] = value as number;
  }
  const count = Object.keys(settings).length;
  // A name that we do not know is no part of what we could do.
  return count === 0 || count !== Object.keys(asked).length ? null : { change, settings: asked };
}

/** Takes a control record, to which the time has passed by the settings so far. */
export function takeControl(
  head: SlotHead,
  control: Control | null,
  { offset, timestamp }: { readonly offset: number; readonly timestamp: number },
): void {
  const { clock, controls } = head;
  if (control === null) {
    controls.ignored++;
    return;
  }
  if (head.changes.at(-1)?.change === control.change) {
    controls.repeated++;
    return;
  }
  controls.obeyed++;
  const settings = { ...head.settings, ...control.settings };
  if (settings.tombstones_kept_s !== head.settings.tombstones_kept_s) {
    head.generation = { number: generationOf(head), since: clock.now };
  }
  // A hole in the log holds alarms back for one silence, never longer than one of now.
  clock.alarms_after = Math.min(clock.alarms_after, clock.now + settings.silence_after_s * 1_000);
  head.settings = settings;
  head.changes = [...head.changes, { ...control, offset, log_time: timestamp }].slice(-CHANGES_KEPT);
}

/** The settings that the record at this offset is folded by; null: so long ago that it is forgotten. */
export function settingsAt(head: SlotHead, offset: number): FoldSettings | null {
  const { changes, controls, pins } = head;
  const before = changes.filter((change) => change.offset < offset);
  if (before.length === changes.length) return head.settings;
  if (changes.length < controls.obeyed) return null;
  return Object.assign({ ...pins.settings }, ...before.map(({ settings }) => settings));
}

function parse(text: string | undefined): Readonly<Record<string, unknown>> | null {
  try {
    const read: unknown = JSON.parse(text ?? '');
    return isObject(read) ? read : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
