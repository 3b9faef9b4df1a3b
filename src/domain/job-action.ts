// When two `create_jobs_action` elements ask for the same job: every field equal, the token left out (it may be renewed).

import type { CreateJobsAction } from './messages.generated.ts';

/**
 * The element as one text, the same for equal elements; without the token.
 * `payload_json` counts by its JSON value where it parses (spelling of white space and order of names do not matter).
 */
export function canonicalAction(action: CreateJobsAction): string {
  const detail = action.create_tdo_detail;
  return JSON.stringify([
    action.base_internal_job_id ?? null,
    detail
      ? [
          detail.name ?? null,
          detail.description ?? null,
          detail.is_public ?? null,
          detail.start_date_time ?? null,
          detail.stop_date_time ?? null,
        ]
      : null,
    action.no_tdo ?? null,
    canonicalJson(action.payload_json),
  ]);
}

function canonicalJson(text: string | null | undefined): string | null {
  if (text === null || text === undefined) return null;
  try {
    return `json:${JSON.stringify(sorted(JSON.parse(text)))}`;
  } catch {
    return `text:${text}`;
  }
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, inner]) => [name, sorted(inner)]);
}
