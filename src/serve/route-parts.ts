// What the routes share: the kinds of their parameters, the problems that each may answer with, and what the API adds to as_of.

import { z } from 'zod';
import type { AsOf as ReadAsOf } from '../read/as-of.ts';
import { type AsOf, problem } from './common-documents.ts';
import type { LogEnds } from './log-ends.ts';

export const TEXT_MAX = 1_024;
export const CURSOR_MAX = 8_192;
export const PAGE_MAX = 1_000;

/** An id, or what one may begin with. */
export const text = z.string().min(1).max(TEXT_MAX);
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
export const epochMs = z.coerce.number().int().min(0);
export const limit = z.coerce.number().int().min(1).max(PAGE_MAX).default(100);
export const cursor = z
  .string()
  .max(CURSOR_MAX)
  .optional()
  .describe('next_cursor of the page before, with the same filters');

/** What every route may answer in place of its document. */
export const problems = { 400: problem, 401: problem, 404: problem, 429: problem, 503: problem };

export function told(as_of: ReadAsOf, logEnds: LogEnds): AsOf {
  return { ...as_of, away: logEnds.away === null ? [] : ['kafka'] };
}
