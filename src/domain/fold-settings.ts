// The settings that the fold reads. They are inputs of a deterministic function: fixed where the fold begins, and changed
// only by control records of the log (settings-change.ts), so that every replay folds each record by the same ones.

export interface FoldSettings {
  /** How many errors of `error_details` a task keeps, the newest. Default 10, 0–1,000. */
  readonly errors_kept: number;
  /**
   * How many work requests (reporters) a task remembers. Default 256, 1–100,000. Beyond it the one without an update for
   * longest is let go: its totals stay in the task's base. Of four times as many the task still knows where they ended. */
  readonly reporters_kept: number;
  /**
   * How many prior_timestamps the ledger remembers of a reporter, each with its largest post. Default 8, 1–1,000. What is
   * older than all of them is not added (`too_old`). */
  readonly priors_kept: number;
  /**
   * Seconds of the partition's clock without an update after which a reporter that has ended, or is lost, is let go, and one that is
   * open forgets its posts. Default 600, 1–31,536,000. */
  readonly reporter_idle_s: number;
  /** How many IO ids a task keeps a side (inputs, outputs). Default 1,000. Updates of further ids are applied without these IOs, and counted. */
  readonly ios_kept: number;
  /**
   * Largest record (key + value + headers, bytes) that is copied into an outgoing topic. Default 983,040: 64 KiB below the broker's
   * default message size, so that a copy with our headers still fits. */
  readonly copy_bytes_max: number;
  /** Seconds of the partition's clock without an update after which a task with open work requests is silent. Default 30, 1–86,400. */
  readonly silence_after_s: number;
  /** Seconds of the partition's clock after which a task whose updates process nothing is stalled. Default 300, 1–31,536,000. */
  readonly stalled_after_s: number;
  /** Seconds of the partition's clock after its last update for which a finished task is kept. Default 82,800, 1–315,360,000. */
  readonly retain_finished_s: number;
  /** The same for any other task. Default 604,800. */
  readonly retain_silent_s: number;
  /** Seconds of the partition's clock for which at least updates of a retired task are rejected by that name. Default 604,800. */
  readonly tombstones_kept_s: number;
  /** How many tasks are looked at before one record, at most: what one record may cause stays bounded. Default 500, 1–10,000. */
  readonly looks_max: number;
}

export const DEFAULT_FOLD_SETTINGS: FoldSettings = {
  errors_kept: 10,
  reporters_kept: 256,
  priors_kept: 8,
  reporter_idle_s: 600,
  ios_kept: 1_000,
  copy_bytes_max: 983_040,
  silence_after_s: 30,
  stalled_after_s: 300,
  retain_finished_s: 82_800,
  retain_silent_s: 604_800,
  tombstones_kept_s: 604_800,
  looks_max: 500,
};

/** The least and the greatest value of each, both allowed; all are whole numbers. */
export const FOLD_SETTING_BOUNDS: { readonly [name in keyof FoldSettings]: readonly [min: number, max: number] } = {
  errors_kept: [0, 1_000],
  reporters_kept: [1, 100_000],
  priors_kept: [1, 1_000],
  reporter_idle_s: [1, 31_536_000],
  ios_kept: [1, 100_000],
  copy_bytes_max: [1_024, 100_000_000],
  silence_after_s: [1, 86_400],
  stalled_after_s: [1, 31_536_000],
  retain_finished_s: [1, 315_360_000],
  retain_silent_s: [1, 315_360_000],
  tombstones_kept_s: [1, 315_360_000],
  looks_max: [1, 10_000],
};

export const FOLD_SETTING_NAMES = Object.keys(DEFAULT_FOLD_SETTINGS) as readonly (keyof FoldSettings)[];

/** The version of the fold's rules. A slot is folded by one version only. */
export const FOLD_VERSION = 3;
