// What is halted, why, and the command that cures it.

import type { PartitionDocument } from '../documents.ts';
import { Icon } from './icon.tsx';
import { Copy } from './text.tsx';

export function Halts({ partitions }: { partitions: readonly PartitionDocument[] }) {
  const halted = partitions.filter(
    ({ halt, torn, damaged }) => halt !== undefined || torn !== undefined || damaged !== undefined,
  );
  if (halted.length === 0) return null;
  return (
    <ul class="halts">
      {halted.map(({ partition, halt, torn, damaged, cure }) => (
        <li key={partition} class="panel">
          <h2>
            <Icon name="halted" /> Partition {partition} is halted
            {halt !== undefined && <code>{halt.code}</code>}
          </h2>
          <p>{halt?.message ?? damaged ?? `A save or a clearing did not end: ${torn}`}</p>
          <Cure text={halt?.cure ?? cure} />
        </li>
      ))}
    </ul>
  );
}

function Cure({ text }: { text: string | undefined }) {
  if (text === undefined) return null;
  const commands = [...text.matchAll(/taskfold (?:[a-z-]+ ?)+(?:DIR )?\d*(?: --[a-z-]+)*/g)].map(([command]) =>
    command.trim(),
  );
  return (
    <div class="cure">
      <strong>What to do</strong>
      <p>{text}</p>
      {[...new Set(commands)].map((command) => (
        <p key={command} class="command">
          <code>{command}</code>
          <Copy text={command} what="the command" />
        </p>
      ))}
    </div>
  );
}
