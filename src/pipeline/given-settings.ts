// The settings of the fold that somebody gave to this process, against those in force. The fold takes the latter, whatever
// was given; but whoever gave others believes in figures that nobody counts, so the partition is refused.

import { FOLD_SETTING_NAMES, type FoldSettings } from '../domain/fold-settings.ts';
import type { SlotHead } from '../domain/head.ts';
import { Fault } from './errors.ts';

export class GivenSettings {
  readonly #given: Partial<FoldSettings>;
  readonly #head: SlotHead;
  readonly #from: number;
  #fitting: FoldSettings | null = null;

  /** @param from the log's end at the claim: only from there on it is known what is in force, for control records lie before */
  constructor(given: Partial<FoldSettings>, head: SlotHead, from: number) {
    this.#given = given;
    this.#head = head;
    this.#from = from;
  }

  /** To be asked at each saved W. @throws Fault settings_differ */
  check(watermark: number): void {
    const { settings, changes } = this.#head;
    if (watermark < this.#from || settings === this.#fitting) return;
    const differing = FOLD_SETTING_NAMES.filter((name) => (this.#given[name] ?? settings[name]) !== settings[name]);
    if (differing.length > 0) {
      const values = differing.map((name) => `${name} ${this.#given[name]}, in force is ${settings[name]}`);
      const since = changes.length === 0 ? '' : ` (changed last at offset ${changes.at(-1)!.offset})`;
      throw new Fault('settings_differ', `This process was given ${values.join('; ')}${since}.`);
    }
    this.#fitting = settings;
  }
}
