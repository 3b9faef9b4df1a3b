// A walk over all keys of Redis, however many of them are somebody else's: shared by all who ask, and seldom. For the few questions
// that no key of a known name answers.

/** A walk takes at most this part of the time. */
const SHARE_MAX = 0.1;
/** ms */
const REST_MIN_MS = 500;

/**
 * Whoever asks during a walk, or soon after it, gets what that walk has found; one that failed is told to those who asked, and to nobody
 * else. @param now ms of a clock that never steps back
 */
export function rareWalk<Found>(walk: () => Promise<Found>, now = () => performance.now()): () => Promise<Found> {
  let latest: Promise<Found> | null = null;
  let restsUntil = Infinity;
  return () => {
    if (latest !== null && now() < restsUntil) return latest;
    const began = now();
    restsUntil = Infinity;
    const walking = walk();
    latest = walking;
    walking.then(
      () => {
        const ended = now();
        restsUntil = ended + Math.max(REST_MIN_MS, (ended - began) * (1 / SHARE_MAX - 1));
      },
      () => {
        latest = null;
      },
    );
    return walking;
  };
}
