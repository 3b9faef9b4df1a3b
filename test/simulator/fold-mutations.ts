// Mutations that act inside the fold: one of its rules is replaced by a wrong one, from outside, by mocks of the modules of
// src/domain. The pipeline of the simulated world then folds by the wrong rule, and what it comes to is held against the right one.

import type { JudgedUpdate } from '../../src/domain/evolve.ts';
import type { FoldSettings } from '../../src/domain/fold-settings.ts';
import type { Judgement } from '../../src/domain/ledger.ts';
import type { TaskStatusDetail } from '../../src/domain/messages.generated.ts';
import type { PartitionClock } from '../../src/domain/partition-clock.ts';
import { recall, remember } from '../../src/domain/remembered-post.ts';
import type { TaskState } from '../../src/domain/task-state.ts';
import type { WorldOptions } from './world.ts';

/** What a wrong rule may ask of the world that it is folded in. */
export interface Surroundings {
  /** the wall clock, ms */
  now: number;
}

/** The modules of src/domain by file name, as far as their exports are replaced. */
type Modules = {
  readonly 'contribution.ts': typeof import('../../src/domain/contribution.ts');
  readonly 'evolve.ts': typeof import('../../src/domain/evolve.ts');
  readonly 'judge-update.ts': typeof import('../../src/domain/judge-update.ts');
  readonly 'ledger.ts': typeof import('../../src/domain/ledger.ts');
  readonly 'ledger-memory.ts': typeof import('../../src/domain/ledger-memory.ts');
  readonly 'liveness.ts': typeof import('../../src/domain/liveness.ts');
  readonly 'looks.ts': typeof import('../../src/domain/looks.ts');
  readonly 'partition-clock.ts': typeof import('../../src/domain/partition-clock.ts');
  readonly 'partition-fold.ts': typeof import('../../src/domain/partition-fold.ts');
  readonly 'reporters.ts': typeof import('../../src/domain/reporters.ts');
  readonly 'status-rule.ts': typeof import('../../src/domain/status-rule.ts');
  readonly 'tombstone.ts': typeof import('../../src/domain/tombstone.ts');
};

/** For each module: from its own exports to those that take their place. */
export type Replacements = {
  readonly [file in keyof Modules]?: (own: Modules[file], surroundings: Surroundings) => Partial<Modules[file]>;
};

export interface FoldMutation {
  readonly replace: () => Replacements;
  readonly options?: Omit<WorldOptions, 'seed'>;
}

/** The clock of a partition moves by a rule of ours. @param move answers the clock's new time, ms */
function clockBy(
  move: (clock: PartitionClock, log_time: number, settings: FoldSettings, surroundings: Surroundings) => number,
): Replacements {
  return {
    'partition-clock.ts': (own, surroundings) => {
      const moveClock: typeof own.moveClock = (clock, log_time, settings) => {
        const now = move(clock, log_time, settings, surroundings);
        own.moveClock(clock, log_time, settings);
        clock.now = Math.max(clock.now, now);
      };
      return {
        moveClock,
        clockAfter(clock, log_times, settings) {
          const ahead = { ...clock };
          for (const log_time of log_times) moveClock(ahead, log_time, settings);
          return ahead.now;
        },
      };
    },
  };
}

/** The class that the ledger gives is another one. */
function judged(
  change: (judgement: Judgement, ...given: Parameters<Modules['ledger.ts']['judge']>) => Judgement,
): Replacements {
  return { 'ledger.ts': (own) => ({ judge: (...given) => change(own.judge(...given), ...given) }) };
}

type ContributionOf = Modules['contribution.ts']['contributionOf'];

/** What an update contributes is something else. */
function contributing(change: (own: ContributionOf) => ContributionOf): Replacements {
  return { 'contribution.ts': (own) => ({ contributionOf: change(own.contributionOf) }) };
}

/** Sums of what one work request of a task posted since the changes were taken last. */
function summedInBatch(): Replacements {
  let sums = new Map<string, TaskStatusDetail>();
  return {
    'partition-fold.ts': (own) => ({
      PartitionFold: class extends own.PartitionFold {
        override takeChanges() {
          sums = new Map();
          return super.takeChanges();
        }
      },
    }),
    'judge-update.ts': (own) => ({
      judgeUpdate(task: TaskState, update, input, settings): JudgedUpdate & Judgement {
        const reporter = `${task.internal_task_id} ${update.work_request_id}`;
        const before = sums.get(reporter);
        const error_count = (before?.error_count ?? 0) + (update.error_count ?? 0);
        const sum = before === undefined ? update : { ...update, error_count };
        sums.set(reporter, sum);
        return own.judgeUpdate(task, sum, input, settings);
      },
    }),
  };
}

/** By name: the wrong rule. */
export const FOLD_MUTATIONS: Readonly<Record<string, FoldMutation>> = {
  'of a batch, the deltas of a work request are summed before they are judged': { replace: summedInBatch },
  'silence goes by the clock on our wall': {
    replace: () => clockBy((_clock, _log_time, _settings, { now }) => now - 1_000_000),
  },
  'silence goes by the highest time in the log': {
    replace: () => {
      const first = new Map<PartitionClock, number>();
      return clockBy((clock, log_time) => {
        if (!first.has(clock)) first.set(clock, log_time - clock.now);
        return log_time - first.get(clock)!;
      });
    },
  },
  'alarms are not held back after a hole in the log': {
    replace: () => ({
      'partition-clock.ts': (own) => ({
        moveClock(clock, log_time, settings) {
          const { alarms_after } = clock;
          own.moveClock(clock, log_time, settings);
          clock.alarms_after = alarms_after;
        },
      }),
    }),
  },
  'a silence is told at its very moment, and what comes at that moment too is too late': {
    replace: () => ({
      'looks.ts': (own) => ({
        Looks: class extends own.Looks {
          override take(clock: number) {
            return super.take(clock + 1);
          }
        },
      }),
      'liveness.ts': (own) => ({
        deadlines(task, clock, settings) {
          const { silence, stall, retirement } = own.deadlines(task, clock, settings);
          return { silence: silence - 1, stall, retirement };
        },
      }),
    }),
  },
  'a batch knows nothing of what is due but by its own updates': {
    replace: () => ({
      'looks.ts': (own) => ({
        Looks: class extends own.Looks {
          override begin(_looks: unknown, horizon: number) {
            super.begin([], horizon);
          }
        },
      }),
    }),
  },
  'who was told of by a silence is waited for again': {
    replace: () => ({
      'liveness.ts': (own) => ({
        setLiveness(task, liveness, clock) {
          own.setLiveness(task, liveness, clock);
          task.lost_before = undefined;
        },
      }),
    }),
  },
  'who is waited for is let go when it is idle': {
    replace: () => ({
      'reporters.ts': (own) => ({
        keepReporter(change, judged, at, settings) {
          for (const one of change.task.reporters.values()) if (one !== judged.reporter) one.ended = true;
          own.keepReporter(change, judged, at, settings);
        },
      }),
    }),
  },
  'a work request that is over is waited for': {
    replace: () => ({ 'liveness.ts': () => ({ endsWorkRequest: () => false }) }),
  },
  'a task that reports by re-routing is judged by its home alone': {
    replace: () => ({
      'reporters.ts': (own) => ({
        keepReporter: (change, judged, at, settings) =>
          own.keepReporter(change, judged, { ...at, rerouted: false }, settings),
      }),
    }),
  },
  'the generations of tombstones go by the time, not by its settings': {
    replace: () => ({ 'tombstone.ts': () => ({ generationOf: ({ clock }) => Math.floor(clock.now / 4_000) }) }),
  },
  'what says the same as any earlier update of its process is a duplicate': {
    replace: () => {
      const seen = new Set<string>();
      return {
        'judge-update.ts': (own) => ({
          judgeUpdate(task, update, input, settings) {
            const found = own.judgeUpdate(task, update, input, settings);
            const fingerprint = JSON.stringify(update);
            if (!seen.has(fingerprint)) seen.add(fingerprint);
            else if (found.updateClass !== 'restart') {
              const contribution = { deltas: {}, actions: [], errors: [] };
              return { ...found, updateClass: 'duplicate', newest: false, doubt: null, contribution };
            }
            return found;
          },
        }),
      };
    },
  },
  'what has the deltas of a remembered post is a duplicate, whatever its interval': {
    replace: () =>
      judged((judgement, reporter, { deltas, ios }) => {
        const print = (post: object) => JSON.stringify(post);
        const posts = reporter.posts.map((one) => recall(one, reporter.io_names));
        const same = posts.some((one) => print([one.deltas, one.ios]) === print([deltas, ios]));
        return same && judgement.before === null
          ? { ...judgement, updateClass: 'duplicate', newest: false }
          : judgement;
      }),
  },
  'a post that contains another one is added whole': {
    replace: () =>
      contributing(
        (own) =>
          (updateClass, ...given) =>
            own(updateClass === 'supersede' ? 'gap' : updateClass, ...given),
      ),
  },
  'a post that contains another one creates its jobs again': {
    replace: () =>
      contributing((own) => (updateClass, update, post, before, ...given) => {
        const found = own(updateClass, update, post, before, ...given);
        return { ...found, actions: (update.create_jobs_action ?? []).map((_, index) => ({ index, repeat: 0 })) };
      }),
  },
  'of two posts of one prior the later one is remembered, not the larger': {
    replace: () => ({
      'ledger-memory.ts': (own) => ({
        settle(reporter, post, judgement, settings) {
          const lost = own.settle(reporter, post, judgement, settings);
          if (judgement.updateClass === 'supersede')
            reporter.posts = reporter.posts.map((one) =>
              one.prior === post.prior ? remember(post, reporter.io_names) : one,
            );
          return lost;
        },
      }),
    }),
  },
  'whatever came last is the newest': {
    replace: () => judged((judgement) => ({ ...judgement, newest: true })),
  },
  'what came last gives the status': {
    replace: () => ({
      'status-rule.ts': () => ({ nextStatus: (before, told) => ({ status: told ?? before, newAttempt: false }) }),
    }),
  },
};
