// Figures for people: with thousands separated, and counts by name in one phrase.

import type { ExactCount } from '../read/fleet-document.ts';

export function count(figure: ExactCount): string {
  return (typeof figure === 'number' ? figure : BigInt(figure)).toLocaleString('en-US');
}

/** `3 running, 1 failed`: the largest first, without what is 0. */
export function named(counts: Readonly<Record<string, ExactCount>>): string {
  return Object.entries(counts)
    .filter(([, figure]) => BigInt(figure) > 0n)
    .sort(([, a], [, b]) => Number(BigInt(b) - BigInt(a)))
    .map(([name, figure]) => `${count(figure)} ${name}`)
    .join(', ');
}

/** The same in parentheses; nothing where all are 0. */
export function breakdown(counts: Readonly<Record<string, ExactCount>>): string {
  const phrase = named(counts);
  return phrase === '' ? '' : ` (${phrase})`;
}

/** The sum of counts by name, exact. */
export function sumOf(counts: Readonly<Record<string, ExactCount>>): bigint {
  return Object.values(counts).reduce((total: bigint, figure) => total + BigInt(figure), 0n);
}
