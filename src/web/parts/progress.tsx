// How far a job's tasks are: one bar, divided by status, in the order of a task's life.

import { percent } from '../format/number.ts';
import { toneOf, wordOf } from './status.tsx';

const ORDER = [
  'complete',
  'failed',
  'aborted',
  'rejected',
  'running',
  'reprocessing',
  'queued',
  'pending',
  'scheduled',
  'unreported',
] as const;
const TERMINAL = ['complete', 'failed', 'aborted', 'rejected'] as const;

export function Progress({ counts, of }: { counts: Readonly<Record<string, number>>; of: number }) {
  const parts = ORDER.filter((status) => (counts[status] ?? 0) > 0);
  const text = parts.map((status) => `${counts[status]} ${wordOf(status)}`).join(', ');
  return (
    <span class="progress-bar" role="img" aria-label={text} title={text}>
      {parts.map((status) => (
        <i
          key={status}
          data-tone={toneOf(status)}
          data-status={status}
          style={{ width: `${((counts[status] ?? 0) / Math.max(1, of)) * 100}%` }}
        />
      ))}
    </span>
  );
}

export function progressText(counts: Readonly<Record<string, number>>, of: number): string {
  const done = TERMINAL.reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  return of === 0 ? '–' : `${done} of ${of}, ${percent(done / of)}`;
}
