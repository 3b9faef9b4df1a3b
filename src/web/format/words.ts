// The contract's words for what a task is, in the order in which the page shows them.

export const STATUSES = [
  'running',
  'scheduled',
  'pending',
  'queued',
  'reprocessing',
  'complete',
  'failed',
  'aborted',
  'rejected',
  'unreported',
] as const;

export const LIVENESSES = ['reporting', 'stalled', 'silent', 'unknown', 'ended'] as const;

export const FAILURE_REASONS = [
  'internal_error',
  'unknown',
  'connection',
  'rate_limited',
  'unauthorized',
  'api',
  'resources',
  'not_found',
  'core_api',
  'bad_data',
  'scheduling',
  'none',
] as const;
