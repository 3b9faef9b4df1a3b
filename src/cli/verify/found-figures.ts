// What is held against the truth where the log no longer reaches back to where the fold began, so that no plain fold can be
// made: what Redis holds, and the events that lie in the topics, each once.

import { createHash } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { OUTCOMES, type Outcome } from '../../domain/outcome.ts';
import { readTopic } from '../../kafka/read-topic.ts';
import type { RedisClient } from '../../redis/redis-target.ts';
import type { SlotKeys } from '../../redis/slot-keys.ts';
import type { Topology } from '../../topology.ts';
import { isOfGroup, sourceMark } from './bytes.ts';
import { eventValue } from './compare-events.ts';
import { ToldOfTasks, type TruthFigures } from './compare-truth.ts';
import { coordinatesText } from './expected-events.ts';
import { findSlots, findTaskKeys, findTasks, findTombstoneDigests, ownerOfKey, TASKS_AT_ONCE } from './found-state.ts';
import type { KafkaLook } from './look-at-kafka.ts';
import type { Mismatches } from './mismatches.ts';
import { isOfSilence } from './plain-failure.ts';
import type { PlainSchemas } from './plain-schemas.ts';
import { subjectOfFound, type TruthSubject } from './truth-subject.ts';

export interface FoundLook {
  readonly redis: RedisClient;
  readonly kafka: Kafka;
  readonly look: KafkaLook;
  readonly schemas: PlainSchemas;
  readonly topology: Topology;
  readonly prefix: string;
  readonly group: string;
  readonly keys: readonly SlotKeys[];
  onProgress(text: string): void;
}

/** Good while nobody folds: each task, head and topic is read at a moment of its own. */
export async function foundFigures(look: FoundLook, mismatches: Mismatches): Promise<TruthFigures> {
  const subjects = await foundSubjects(look);
  const slots = await findSlots(look.redis, look.keys);
  const outcomes: Record<Outcome, number> = { applied: 0, duplicate: 0, stale: 0, rejected: 0, rerouted: 0 };
  const reasons = new Map<string, number>();
  let [received, retired] = [0, 0];
  const digests = new Set<string>();
  for (const [partition, { head, fleet }] of slots.entries()) {
    received += Number(head.get('received') ?? 0);
    for (const outcome of OUTCOMES) outcomes[outcome] += Number(head.get(`outcomes.${outcome}`) ?? 0);
    for (const [name, text] of head) {
      const reason = name.startsWith(BY_REASON) ? name.slice(BY_REASON.length) : null;
      if (reason !== null) reasons.set(reason, (reasons.get(reason) ?? 0) + Number(text));
    }
    const ofPartition = Number(fleet.get('retired.tasks') ?? 0);
    retired += ofPartition;
    if (ofPartition === 0) continue;
    for await (const some of findTombstoneDigests(look.redis, look.keys[partition]!, head)) {
      for (const digest of some) digests.add(digest);
    }
  }
  const events = await foundEvents(look, mismatches);
  return {
    tasks: subjects.size,
    subjectOf: (id) => subjects.get(id),
    retired,
    isRetired: (id) => digests.has(createHash('md5').update(id).digest('base64url')),
    // Each record that was re-routed is received once more, as its copy.
    published: received - outcomes.rerouted,
    grown: slots.some(({ head }) => head.has('grown_from')),
    outcomes,
    rejected_by_reason: reasons,
    bodiesAreOne: true,
    ...events,
  };
}

const BY_REASON = 'rejected_by_reason.';

async function foundSubjects({ redis, prefix, group, keys, onProgress }: FoundLook) {
  const subjects = new Map<string, TruthSubject>();
  for await (const found of findTaskKeys(redis, prefix, group)) {
    const ids = new Map<number, Set<string>>();
    for (const key of found) {
      const owner = ownerOfKey(key);
      if (owner === null || owner.part !== null || !keys[owner.partition]) continue;
      ids.set(owner.partition, (ids.get(owner.partition) ?? new Set()).add(owner.internal_task_id));
    }
    for (const [partition, all] of ids) {
      for (let left = [...all]; left.length > 0; ) {
        const some = left.splice(0, TASKS_AT_ONCE);
        const { tasks } = await findTasks(redis, keys[partition]!, some);
        for (const [at, id] of some.entries())
          if (tasks[at]!.there) subjects.set(id, subjectOfFound(tasks[at]!.fields));
      }
    }
    onProgress(`reading tasks: ${subjects.size.toLocaleString('en-US')}`);
  }
  return subjects;
}

/** Every failure and job creation once, in the order in which a subscriber gets those of a task. */
async function foundEvents(
  { kafka, look, schemas, topology, onProgress }: FoundLook,
  mismatches: Mismatches,
): Promise<Pick<TruthFigures, 'told' | 'failures' | 'failures_by_kind' | 'job_creations'>> {
  const told = new ToldOfTasks();
  const failures_by_kind = new Map<string, number>();
  let [failures, job_creations] = [0, 0];
  const highest = new Map<number, number>();
  for (const { topic } of [topology.failures, topology.jobCreations]) {
    const seen = new Set<string>();
    const progress = ({ done, total }: { done: number; total: number }) =>
      onProgress(`reading ${topic}: ${done.toLocaleString('en-US')} of ${total.toLocaleString('en-US')} offsets`);
    for await (const { records } of readTopic(kafka, { topic, onProgress: progress })) {
      for (const record of records) {
        const mark = sourceMark(record.headers);
        if (mark?.topic !== topology.input.topic || !isOfGroup(record.headers, topology.groups.members)) continue;
        const source = coordinatesText(mark);
        const about = { about: 'event', topic, source } as const;
        if (seen.has(source)) mismatches.add({ ...about, problem: 'repeated' });
        seen.add(source);
        highest.set(mark.partition, Math.max(mark.offset, highest.get(mark.partition) ?? -1));
        const value = await eventValue(record, schemas);
        if (typeof value === 'string') {
          mismatches.add({ ...about, field: 'value', problem: 'differs', expected: 'an Avro event', found: value });
          continue;
        }
        const task = String(value.internal_task_id);
        if (topic === topology.jobCreations.topic) {
          job_creations += 1;
          told.job(task, typeof value.base_internal_job_id === 'string' ? value.base_internal_job_id : '');
        } else if (!isOfSilence(String(value.failure))) {
          failures += 1;
          const kind = String(value.failure);
          failures_by_kind.set(kind, (failures_by_kind.get(kind) ?? 0) + 1);
          told.failure(task, kind, typeof value.failure_reason === 'string' ? value.failure_reason : undefined);
        }
      }
    }
  }
  // C moves in one transaction with the events.
  const positions = await look.positions();
  for (const [partition, offset] of highest) {
    const emitted = positions.get(partition)?.emitted ?? 0;
    if (offset < emitted) continue;
    const field = `C = ${emitted}, but an event of offset ${offset} has left:`;
    mismatches.add({ about: 'partition', partition, field, problem: 'too_early' });
  }
  return { told, failures, failures_by_kind, job_creations };
}
