// Counts by name with bars, each a link to the tasks behind it. Names that nobody has stay in their place, so that rows do
// not move when the first one comes.

import { pathTo } from '../address.ts';
import { percent } from '../format/number.ts';
import { Status, toneOf } from './status.tsx';
import { Count } from './text.tsx';

interface SharesProps {
  readonly counts: Readonly<Record<string, number | undefined>>;
  readonly names: readonly string[];
  /** the filter of the task list */
  readonly field: string;
  readonly of: number;
  /** what the list is narrowed to already */
  readonly filter?: Readonly<Record<string, string>>;
}

export function Shares({ counts, names, field, of, filter = {} }: SharesProps) {
  return (
    <ul class="shares">
      {names.map((name) => {
        const count = counts[name] ?? 0;
        const share = of === 0 ? 0 : count / of;
        return (
          <li key={name} data-none={count === 0}>
            <a href={pathTo('tasks', undefined, { ...filter, [field]: name })}>
              <Status status={name} />
              <span class="meter" data-tone={toneOf(name)} title={percent(share)}>
                <i style={{ width: `${share * 100}%` }} />
              </span>
              <Count value={count} />
            </a>
          </li>
        );
      })}
    </ul>
  );
}
