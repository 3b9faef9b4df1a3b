// Finds the name that a mistyped one was meant to be, for "did you mean".

/** The candidate with the fewest edits, or null where none is within a third of the name's length. */
export function nearest(name: string, candidates: readonly string[]): string | null {
  let best: string | null = null;
  let bestEdits = Math.floor(name.length / 3) + 1;
  for (const candidate of candidates) {
    const edits = editsBetween(name, candidate);
    if (edits < bestEdits) [best, bestEdits] = [candidate, edits];
  }
  return best;
}

function editsBetween(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
