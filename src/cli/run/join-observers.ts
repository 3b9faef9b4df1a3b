// Two who hear what happens in the pipeline, as one.

import type { PipelineObserver } from '../../pipeline/context.ts';

export function joinObservers(one: PipelineObserver, other: PipelineObserver): PipelineObserver {
  return {
    state(...heard) {
      one.state?.(...heard);
      other.state?.(...heard);
    },
    claimed(...heard) {
      one.claimed?.(...heard);
      other.claimed?.(...heard);
    },
    problem(...heard) {
      one.problem?.(...heard);
      other.problem?.(...heard);
    },
    halted(...heard) {
      one.halted?.(...heard);
      other.halted?.(...heard);
    },
    resumed(...heard) {
      one.resumed?.(...heard);
      other.resumed?.(...heard);
    },
    step(...heard) {
      one.step?.(...heard);
      other.step?.(...heard);
    },
    fetched(...heard) {
      one.fetched?.(...heard);
      other.fetched?.(...heard);
    },
    lookedUp(...heard) {
      one.lookedUp?.(...heard);
      other.lookedUp?.(...heard);
    },
    folded(...heard) {
      one.folded?.(...heard);
      other.folded?.(...heard);
    },
    settingsChanged(...heard) {
      one.settingsChanged?.(...heard);
      other.settingsChanged?.(...heard);
    },
    emitting(...heard) {
      one.emitting?.(...heard);
      other.emitting?.(...heard);
    },
    emitted(...heard) {
      one.emitted?.(...heard);
      other.emitted?.(...heard);
    },
  } satisfies Required<PipelineObserver>;
}
