// One answer for all who ask within a moment of each other.

/** @param ms how old an answer may be that is given to somebody else, too; 0: each asks anew */
export function sharedFor<Answer>(ms: number, ask: () => Promise<Answer>): () => Promise<Answer> {
  if (ms === 0) return ask;
  let latest: { readonly asked_at: number; readonly answer: Promise<Answer> } | null = null;
  return () => {
    const now = performance.now();
    if (latest !== null && now - latest.asked_at < ms) return latest.answer;
    const asked = { asked_at: now, answer: ask() };
    latest = asked;
    // What failed is told to those who asked, and to nobody else.
    asked.answer.catch(() => {
      if (latest === asked) latest = null;
    });
    return asked.answer;
  };
}
