// What a task is, each word with a shape and a colour.

import { hasIcon, Icon } from './icon.tsx';

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
