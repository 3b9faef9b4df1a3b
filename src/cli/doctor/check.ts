// What one look of `taskfold doctor` finds.

/** `away`: the service cannot be used, so nothing else of it was looked at. */
export type CheckState = 'ok' | 'warn' | 'fail' | 'away';

export interface Check {
  readonly about: 'process' | 'kafka' | 'registry' | 'redis';
  /** a name to search for: `topic_setting`, `rights`, … */
  readonly check: string;
  readonly state: CheckState;
  /** what was found, in one line */
  readonly message: string;
  /** the exact command, or the setting, that mends it; only where there is something to mend */
  readonly cure?: string;
}

/** Makes checks of one subject. */
export function checksAbout(about: Check['about']) {
  return {
    ok: (check: string, message: string): Check => ({ about, check, state: 'ok', message }),
    warn: (check: string, message: string, cure: string): Check => ({ about, check, state: 'warn', message, cure }),
    fail: (check: string, message: string, cure: string): Check => ({ about, check, state: 'fail', message, cure }),
    away: (message: string, cure: string): Check => ({ about, check: 'connection', state: 'away', message, cure }),
  };
}

/** 90_000 → `1.5 min`; whole units where they fit. */
export function shownMs(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1_000],
  ] as const;
  const [unit, size] = units.find(([, size]) => ms >= size) ?? (['ms', 1] as const);
  return `${Math.round((10 * ms) / size) / 10} ${unit}`;
}
