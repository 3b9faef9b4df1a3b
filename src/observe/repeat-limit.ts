// Decides whether a repeating message is said again: once at first, then once in a while with the number held back.

export interface RepeatLimit {
  /** The number of times it was held back since it was last said (0 at first), or null: hold it back now. */
  admit(subject: string, nowMs: number): number | null;
  /** The subject is over: the next time is a first time again. */
  forget(subject: string): void;
}

// Subjects are few (events times partitions); the bound only protects from a caller that makes them up per record.
const SUBJECTS_MAX = 10_000;

/** @param intervalMs how long a subject stays silent after it was said; 0 holds nothing back */
export function createRepeatLimit(intervalMs: number): RepeatLimit {
  const subjects = new Map<string, { saidAt: number; heldBack: number }>();
  return {
    admit(subject, nowMs) {
      const known = subjects.get(subject);
      if (known && nowMs - known.saidAt < intervalMs) {
        known.heldBack += 1;
        return null;
      }
      if (!known && subjects.size >= SUBJECTS_MAX) subjects.delete(subjects.keys().next().value ?? '');
      subjects.set(subject, { saidAt: nowMs, heldBack: 0 });
      return known?.heldBack ?? 0;
    },
    forget(subject) {
      subjects.delete(subject);
    },
  };
}
