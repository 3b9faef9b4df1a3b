// All partitions as a field of cells: which are folded, which are not. Each leads to its row.

import type { PartitionsAnswer } from '../documents.ts';
import { counted } from '../format/number.ts';
import { standingOf } from '../live/health.ts';
import { Icon } from './icon.tsx';

export function PartitionGrid({ told }: { told: PartitionsAnswer }) {
  return (
    <ul class="partition-grid">
      {told.partitions.map((one) => {
        const standing = standingOf(one, told.as_of.read_at);
        const label = `partition ${one.partition}: ${standing}, ${counted(one.lag ?? 0, 'update')} behind`;
        const isBad = standing !== 'running';
        return (
          <li key={one.partition}>
            <a
              href={`/processors#partition-${one.partition}`}
              data-standing={standing}
              title={label}
              aria-label={label}
            >
              {isBad ? <Icon name={standing === 'ownerless' ? 'silent' : 'halted'} /> : one.partition}
            </a>
          </li>
        );
      })}
    </ul>
  );
}
