// What needs somebody now, the worst first: the first thing that one reads at three in the morning.

import type { FleetDocument, PartitionsAnswer } from '../documents.ts';
import { counted } from '../format/number.ts';
import { type Standing, standingOf } from '../live/health.ts';
import { Icon, type IconName } from './icon.tsx';

interface Need {
  readonly tone: 'bad' | 'warn';
  readonly icon: IconName;
  readonly text: string;
  readonly why: string;
  readonly to: string;
}

interface AttentionProps {
  readonly fleet: FleetDocument | undefined;
  readonly told: PartitionsAnswer | undefined;
}

export function Attention({ fleet, told }: AttentionProps) {
  if (fleet === undefined || told === undefined) return <div class="attention" />;
  const needs = needsOf(fleet, told);
  return (
    <section class="attention" aria-label="Needs attention">
      {needs.length === 0 ? (
        <p class="calm">
          <Icon name="good" /> Nothing needs you: all partitions are folded, every engine that works is heard.
        </p>
      ) : (
        <ul>
          {needs.map(({ tone, icon, text, why, to }) => (
            <li key={to}>
              <a href={to} data-tone={tone}>
                <Icon name={icon} />
                <strong>{text}</strong>
                <span>{why}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function needsOf(fleet: FleetDocument, { partitions, as_of }: PartitionsAnswer): Need[] {
  const needs: Need[] = [];
  const count = (wanted: Standing) =>
    partitions.filter((partition) => standingOf(partition, as_of.read_at) === wanted).length;
  const [halted, ownerless] = [count('halted'), count('ownerless')];
  if (halted > 0) {
    const code = partitions.find(({ halt }) => halt !== undefined)?.halt?.code ?? 'damaged state';
    const why = `${code.replaceAll('_', ' ')}; its cure is named`;
    needs.push({ tone: 'bad', icon: 'halted', text: `${counted(halted, 'partition')} halted`, why, to: '/processors' });
  }
  if (ownerless > 0) {
    const text = `${counted(ownerless, 'partition')} without a processor`;
    needs.push({ tone: 'bad', icon: 'silent', text, why: 'nobody folds what comes', to: '/processors#partitions' });
  }
  const { silent = 0, stalled = 0 } = fleet.tasks_by_liveness;
  if (silent > 0)
    needs.push({
      tone: 'bad',
      icon: 'silent',
      text: `${counted(silent, 'task')} silent`,
      why: 'open work, and no engine says a word',
      to: '/tasks?liveness=silent',
    });
  if (stalled > 0)
    needs.push({
      tone: 'warn',
      icon: 'stalled',
      text: `${counted(stalled, 'task')} stalled`,
      why: 'engines report, and process nothing',
      to: '/tasks?liveness=stalled',
    });
  return needs;
}
