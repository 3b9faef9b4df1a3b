// Sums of any size, exact: a number while it is safe, a bigint beyond. Each value has one form only, so `===` compares.

export type ExactSum = number | bigint;

export function addExactly(sum: ExactSum, step: ExactSum): ExactSum {
  if (typeof sum === 'number' && typeof step === 'number') {
    const next = sum + step;
    // Where the addition was rounded, the result is beyond the safe ones.
    if (Number.isSafeInteger(next)) return next;
  }
  return exactSum(BigInt(sum) + BigInt(step));
}

/** The one form of a value. */
export function exactSum(value: bigint): ExactSum {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
