// What is held against the truth where every partition could be folded plainly from its beginning: the plain folds.

import { OUTCOMES, type Outcome } from '../../domain/outcome.ts';
import type { ToldOfTasks, TruthFigures } from './compare-truth.ts';
import type { EventBooks } from './event-books.ts';
import type { PlainTask } from './plain-task.ts';
import type { InputReplay } from './replay-input.ts';
import { subjectOfPlain } from './truth-subject.ts';

export function foldedFigures(replay: InputReplay, told: ToldOfTasks, books: EventBooks): TruthFigures {
  const folds = [...replay.folds.values()];
  const folded = new Map<string, PlainTask>();
  const reasons = new Map<string, number>();
  const outcomes: Record<Outcome, number> = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
  for (const fold of folds) {
    for (const [id, task] of fold.tasks) folded.set(id, task);
    for (const [reason, count] of fold.rejected_by_reason) reasons.set(reason, (reasons.get(reason) ?? 0) + count);
    for (const outcome of OUTCOMES) outcomes[outcome] += fold.outcomes[outcome];
  }
  return {
    tasks: folded.size,
    subjectOf(id) {
      const task = folded.get(id);
      return task && subjectOfPlain(task);
    },
    retired: folds.reduce((sum, { retired }) => sum + retired.tasks, 0),
    isRetired: (id) => folds.some(({ retired }) => retired.tombstones.has(id)),
    told,
    published: replay.published,
    grown: folds.some(({ cuts }) => cuts.length > 0),
    outcomes,
    rejected_by_reason: reasons,
    bodiesAreOne: false,
    ...books.figures(),
  };
}
