// What stands where there is nothing to show (yet): loading, empty, not to be had. Each says what it is and what to do.

import type { ComponentChildren } from 'preact';
import type { Problem } from '../live/problem.ts';
import { Icon } from './icon.tsx';

/** Grey lines in the place of what comes: nothing jumps when it is there. */
export function Loading({ lines = 4 }: { lines?: number }) {
  return (
    <div class="loading" role="status">
      <span class="unseen">Loading</span>
      {Array.from({ length: lines }, (_, line) => (
        <i key={line} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children !== undefined && <p>{children}</p>}
    </div>
  );
}

export function Trouble({ problem, again }: { problem: Problem; again?: () => void }) {
  return (
    <div class="empty" role="alert">
      <Icon name={problem.kind === 'unreachable' ? 'away' : 'alert'} />
      <strong>{problem.title}</strong>
      {problem.detail !== undefined && <p>{problem.detail}</p>}
      {again !== undefined && (
        <button type="button" class="button" onClick={again}>
          Try again
        </button>
      )}
    </div>
  );
}
