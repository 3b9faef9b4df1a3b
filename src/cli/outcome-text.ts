// How a partition stands after a command, in a line for people, and what is to be done about it.

import type { Outcome } from './cure-session.ts';

export function outcomeText({ partition, condition, reason, cure, watermark, lag }: Outcome): string {
  const position = watermark === undefined ? '' : `, W ${watermark}, lag ${lag ?? '-'}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  return `partition ${partition}: ${condition}${position}${why}${cure === undefined ? '' : `\n  cure: ${cure}`}`;
}
