// Failures by reason over time: a row a reason, with its last minutes as bars and its count. The one that grows is on top.

import type { FleetDocument } from '../documents.ts';
import { counted } from '../format/number.ts';
import { additions, type Sample } from '../live/history.ts';
import { still } from '../live/still.ts';
import { Empty } from './states.tsx';
import { Count } from './text.tsx';

const BUCKETS = 30;
const BUCKET_MS = 10_000;
const HEIGHT = 22;
export const COURSE_MINUTES = (BUCKETS * BUCKET_MS) / 60_000;

interface FailureCoursesProps {
  readonly fleet: FleetDocument;
  readonly samples: readonly Sample[];
}

export const FailureCourses = still(({ fleet, samples }: FailureCoursesProps) => {
  const reasons = Object.entries(fleet.failures_by_reason).filter(([, count]) => count > 0);
  if (reasons.length === 0) return <Empty title="No failure so far">Tasks that fail show here by their reason.</Empty>;
  const rows = reasons.map(([reason, count]) => {
    const bars = additions(samples, ({ failures }) => failures[reason] ?? 0, BUCKETS, BUCKET_MS);
    return { reason, count, bars, lately: bars.reduce((sum, bar) => sum + bar, 0) };
  });
  rows.sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
  const most = Math.max(1, ...rows.flatMap(({ bars }) => bars));
  return (
    <ul class="courses">
      {rows.map(({ reason, count, bars, lately }) => (
        <li key={reason}>
          <a href={`/tasks?failure_reason=${reason}`}>
            <span class="name">{reason.replaceAll('_', ' ')}</span>
            <Bars
              values={bars}
              most={most}
              label={`${counted(lately, 'failure')} in the last ${COURSE_MINUTES} minutes`}
            />
            <span class="lately">{lately > 0 ? `+${lately}` : ''}</span>
            <Count value={count} />
          </a>
        </li>
      ))}
    </ul>
  );
});

function Bars({ values, most, label }: { values: readonly number[]; most: number; label: string }) {
  return (
    <svg
      class="bars"
      viewBox={`0 0 ${values.length * 8} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      {values.map((value, at) => {
        const height = value === 0 ? 1 : Math.max(3, (value / most) * HEIGHT);
        return <rect key={at} x={at * 8} y={HEIGHT - height} width={6} height={height} data-none={value === 0} />;
      })}
    </svg>
  );
}
