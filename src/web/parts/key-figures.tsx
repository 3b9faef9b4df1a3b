// The figures that one looks at first, large, each with what it means and where it leads.

import type { ComponentChildren } from 'preact';
import type { FleetDocument } from '../documents.ts';
import { exact, rate, short } from '../format/number.ts';
import { duration } from '../format/time.ts';
import type { Sample } from '../live/history.ts';

const MINUTES = 5;

export function KeyFigures({ fleet, samples }: { fleet: FleetDocument | undefined; samples: readonly Sample[] }) {
  const last = samples.at(-1);
  const { logged_per_s: incoming = null, folded_per_s: folded = null } = last ?? {};
  const { silent = 0, stalled = 0 } = fleet?.tasks_by_liveness ?? {};
  const open = fleet === undefined ? 0 : fleet.tasks - (fleet.tasks_by_liveness.ended ?? 0);
  return (
    <div class="key-figures">
      <Figure title="Updates in" unit="a second" value={incoming === null ? null : rate(incoming)} to="/processors" />
      <Figure title="Folded" unit="a second" value={folded === null ? null : rate(folded)} to="/processors" />
      <Figure
        title="Lag"
        unit={last === undefined ? '' : `${short(last.lag ?? 0)} behind`}
        value={last && lagText(last)}
        to="/processors"
        tone={lagTone(last)}
      />
      <Figure
        title="Open tasks"
        unit={fleet && `of ${short(fleet.tasks)}`}
        value={fleet && short(open)}
        exactly={fleet && exact(open)}
        to="/tasks"
      />
      <Figure
        title="Silent"
        unit="not heard of"
        value={fleet && short(silent)}
        to="/tasks?liveness=silent"
        tone={silent > 0 ? 'bad' : undefined}
      />
      <Figure
        title="Stalled"
        unit="no progress"
        value={fleet && short(stalled)}
        to="/tasks?liveness=stalled"
        tone={stalled > 0 ? 'warn' : undefined}
      />
      <Figure
        title="Failures"
        unit={`in ${spanText(samples)}`}
        value={last && short(failuresIn(samples))}
        to="/tasks?status=failed"
      />
    </div>
  );
}

interface FigureProps {
  readonly title: string;
  readonly unit: ComponentChildren;
  readonly value: string | null | undefined;
  readonly exactly?: string | undefined;
  readonly to: string;
  readonly tone?: string | undefined;
}

function Figure({ title, unit, value, exactly, to, tone }: FigureProps) {
  return (
    <a class="figure" href={to} data-tone={tone} title={exactly}>
      <span class="title">{title}</span>
      <strong>{value ?? '–'}</strong>
      <span class="unit">{unit}</span>
    </a>
  );
}

function lagText({ lag_ms }: Sample): string | null {
  return lag_ms === null ? null : duration(lag_ms);
}

function lagTone(sample: Sample | undefined): string | undefined {
  const ms = sample?.lag_ms ?? 0;
  return ms > 30_000 ? 'bad' : ms > 5_000 ? 'warn' : undefined;
}

function failuresIn(samples: readonly Sample[]): number {
  const last = samples.at(-1)!;
  const first = samples.find(({ at }) => at >= last.at - MINUTES * 60_000) ?? last;
  const sum = ({ failures }: Sample) => Object.values(failures).reduce((total, count) => total + count, 0);
  return sum(last) - sum(first);
}

function spanText(samples: readonly Sample[]): string {
  const last = samples.at(-1);
  const first = samples[0];
  const ms = last === undefined || first === undefined ? 0 : Math.min(last.at - first.at, MINUTES * 60_000);
  return ms < 60_000 ? `${Math.round(ms / 1_000)} s` : `${Math.floor(ms / 60_000)} min`;
}
