// What a halted partition says: the cure for each reason. A cure is a command that exists, or an act of the operator.

import type { HaltCode } from './errors.ts';

/** The cure for each halt; `{p}` stands for the partition. */
const CURES: Readonly<Record<HaltCode, string>> = {
  torn_save:
    'A save stopped half-way, or keys of the slot were lost. Rebuild it from the log: taskfold partitions rebuild {p}; or, faster, from a snapshot: taskfold snapshot load DIR {p} --replace',
  load_unfinished:
    'The loading of a snapshot was cut off. Run it again: taskfold snapshot load DIR {p} --replace; or rebuild the partition from its log: taskfold partitions rebuild {p}',
  history_gone:
    'Retention removed records that were not folded yet. Put back the newest snapshot: taskfold snapshot load DIR {p} (with --replace if Redis still holds an older state); or a copy of Redis that is new enough, and run: taskfold partitions resume {p}; or accept the loss: taskfold partitions rebuild {p} --accept-history-loss',
  watermark_above_log_end:
    'The topic was made again, or lost its end. If it was made again: taskfold partitions reset {p}; if the broker is still recovering: taskfold partitions resume {p}',
  emitted_above_log_end:
    'The topic was made again, or lost its end. If it was made again: taskfold partitions reset {p}; if the broker is still recovering: taskfold partitions resume {p}',
  emitted_mark_lost:
    'The group <group>.emitted was deleted while notices were pending, or Redis and the group are both empty. Start the partition anew, its events leave again: taskfold partitions reset {p}',
  fingerprint_differs:
    'The log is not the one that was folded: the topic was made again. Start the partition anew: taskfold partitions reset {p}',
  incarnation_differs:
    'Redis and Kafka hold different lives of this partition. Rebuild Redis from the log: taskfold partitions rebuild {p}',
  partition_count_changed:
    'The input topic has another number of partitions than the state was folded with, so the homes of tasks differ. If it has more, move the tasks to their new homes: taskfold partitions grow N DIR (N: as many as the topic has; DIR: an empty folder); if it was made anew with another number, go back to a topic with the old one and run: taskfold partitions resume {p}',
  growth_unfinished:
    'The growth of the input topic was cut off, or is under way. Go on with it, with the same N and the same folder: taskfold partitions grow N DIR',
  seed_missing:
    'The partition began with tasks of others when the input topic grew, and Redis does not hold them; the log alone does not make them. If taskfold partitions grow did not come to its end, run it again with the same N and the same folder: taskfold partitions grow N DIR; else put back the newest snapshot that was saved since, or what the growth left in its folder: taskfold snapshot load DIR {p} (with --replace if Redis still holds an older state); or accept the loss: taskfold partitions rebuild {p} --accept-history-loss',
  fold_differs:
    'Another version of Taskfold folds this partition. Run that one, then: taskfold partitions resume {p}; or, with every processor of the other version stopped, fold the log again by the rules of this one: taskfold partitions rebuild {p}',
  settings_differ:
    'Take the settings of the message out of the environment and the flags of this process and start it again; or change what is in force, for all partitions: taskfold settings set <name>=<value>; then run: taskfold partitions resume {p}',
  payload_gone:
    'Retention removed a record that a pending event needs. Accept that its event is lost: taskfold partitions rebuild {p} --accept-history-loss',
  task_offset_ahead:
    'A task holds later records than the head of its slot: keys were lost or edited. Rebuild it from the log: taskfold partitions rebuild {p}',
  roll_up_missing:
    'A task is there without the roll-up of its job or engine: keys were lost or edited. Rebuild it from the log: taskfold partitions rebuild {p}',
  conservation_broken:
    'The counts do not add up. Please report this with the log, then rebuild: taskfold partitions rebuild {p}',
  unexpected:
    'An error of Taskfold itself, at every try. Nothing is lost. Please report the message with the log; with a version that mends it, or after what it names was mended: taskfold partitions resume {p}',
};

/** What to do about a halt of this partition, in one or two sentences with the command. */
export function cureOf(code: HaltCode, partition: number): string {
  return CURES[code].replaceAll('{p}', String(partition));
}
