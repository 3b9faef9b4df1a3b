// The words of the contract for what a task is, each with a shape and a colour.

import { hasIcon, Icon } from './icon.tsx';

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

/** The colour that a status or liveness has everywhere. */
export function toneOf(word: string): string {
  switch (word) {
    case 'complete':
      return 'good';
    case 'failed':
    case 'silent':
    case 'halted':
      return 'bad';
    case 'rejected':
    case 'stalled':
      return 'warn';
    case 'running':
    case 'reporting':
      return 'run';
    case 'aborted':
    case 'reprocessing':
      return 'odd';
    default:
      return 'wait';
  }
}

/** `no status` for what was never reported. */
export function wordOf(status: string): string {
  return status === 'unreported' ? 'no status' : status.replaceAll('_', ' ');
}

export function Status({ status }: { status: string | undefined }) {
  const name = status ?? 'unreported';
  return (
    <span class="status" data-tone={toneOf(name)}>
      <Icon name={hasIcon(name) ? name : 'unknown'} />
      {wordOf(name)}
    </span>
  );
}
