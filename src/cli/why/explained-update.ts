// One update as `why` tells it: where it lies, its class, what it changed, what it emitted; and the same of what time alone
// did. Job creations are told by their ce_id alone, so no token can show.

import { failureId, jobCreationId, type NoticeSource, rejectId } from '../../avro/event-id.ts';
import type { TaskStatusDetail } from '../../domain/messages.generated.ts';
import type { FailureKind, Notice, SourceCoordinates } from '../../domain/notice.ts';
import type { RejectReason } from '../../domain/outcome.ts';
import type { Liveness } from '../../domain/task-state.ts';
import { outcomeOf, type UpdateClass } from '../../domain/update-class.ts';
import type { InputRecord } from '../../pipeline/ports.ts';
import type { CoveringPosts } from './covering-posts.ts';
import { changesBetween, type FigureChange, figuresOf, isPartOf } from './task-figures.ts';
import type { TaskLook } from './task-look.ts';
import type { TaskRecord } from './task-records.ts';
import type { ReplayedTime, ReplayedUpdate } from './task-replay.ts';

export type EmittedEvent =
  | { readonly event: 'failure'; readonly kind: FailureKind; readonly ce_id: string }
  | { readonly event: 'job_creation'; readonly ce_id: string }
  | { readonly event: 'reject'; readonly ce_id: string };

export interface ExplainedUpdate {
  readonly partition: number;
  readonly offset: number;
  /** ms */
  readonly log_time: number;
  /** of the writer; null where the bytes name none */
  readonly schema_id: number | null;
  /** where it lay first, if it was re-routed */
  readonly source?: SourceCoordinates;
  /** `unknown`: what came before it is gone from the log */
  readonly class: UpdateClass | 'rejected' | 'unknown';
  /** why it was rejected */
  readonly reason?: RejectReason;
  readonly detail?: string;
  /** why the class may be wrong */
  readonly doubt?: 'shrunk' | 'ambiguous';
  readonly work_request_id?: string;
  /** the interval that it reports, epoch seconds of the engine's clock */
  readonly prior_timestamp?: number;
  readonly timestamp?: number;
  /** of one that was dropped: the offset that had counted it; null: none had, or it lies before the task's first offset */
  readonly covered_by?: number | null;
  /** of a superseding one: the offset that it contains */
  readonly supersedes?: number;
  readonly changed: readonly FigureChange[];
  readonly emitted: readonly EmittedEvent[];
}

/** What no update did. */
export interface ExplainedTime {
  readonly partition: number;
  /** of the record that the time had passed with, whichever task it is of */
  readonly offset: number;
  /** ms */
  readonly log_time: number;
  /** the task fell silent, stalled, or was retired */
  readonly class: 'silent' | 'stalled' | 'retired';
  readonly changed: readonly FigureChange[];
  readonly emitted: readonly EmittedEvent[];
}

/** How far the task was followed: all is told up to here. */
export interface ExplainedNow {
  readonly partition: number;
  /** the last one that Redis had folded */
  readonly offset: number;
  readonly class: 'now';
  readonly liveness: Liveness;
  /** since when, by log time, ms */
  readonly liveness_at: number;
  readonly changed: readonly [];
  readonly emitted: readonly [];
}

/** Where, and what it says of itself: all that can be told without what came before. */
export function placeOfUpdate({ record, input, schema_id }: TaskRecord): Omit<ExplainedUpdate, 'class'> {
  const update = input.decoded.kind === 'update' ? input.decoded.update : {};
  const { work_request_id, prior_timestamp, timestamp } = update;
  return {
    partition: record.partition,
    offset: record.offset,
    log_time: record.timestamp,
    schema_id,
    ...(input.source === null ? {} : { source: input.source }),
    ...(work_request_id ? { work_request_id } : {}),
    ...(typeof prior_timestamp === 'number' ? { prior_timestamp } : {}),
    ...(typeof timestamp === 'number' ? { timestamp } : {}),
    changed: [],
    emitted: [],
  };
}

/** @param covering what the updates before have counted; learns this one */
export function explain(
  taken: TaskRecord,
  replayed: ReplayedUpdate,
  covering: CoveringPosts,
  topic: string,
): ExplainedUpdate {
  const place = placeOfUpdate(taken);
  const { before, after, errors, notices } = replayed;
  const changed = changesBetween(figuresOf(before), figuresOf(after));
  if (errors.length > 0) changed.push({ field: 'errors', added: errors });
  const { input, record } = taken;
  const told = input.decoded.kind === 'update' ? input.decoded.update : null;
  const { engine_instance_id } = input;
  const from = { topic, partition: record.partition };
  const emitted = notices.flatMap((notice) => eventOf(from, notice, told, engine_instance_id));
  return { ...place, ...verdictOf(taken, replayed, covering), changed, emitted };
}

export function explainTime(
  { partition, offset, timestamp }: InputRecord,
  { before, after, notices }: ReplayedTime,
  topic: string,
): ExplainedTime {
  const from = { topic, partition };
  return {
    partition,
    offset,
    log_time: timestamp,
    class: after === null ? 'retired' : after.liveness === 'silent' ? 'silent' : 'stalled',
    changed: after === null ? [] : changesBetween(figuresOf(before), figuresOf(after)),
    emitted: notices.flatMap((notice) => eventOf(from, notice, null, undefined)),
  };
}

type Verdict = Pick<ExplainedUpdate, 'class' | 'reason' | 'detail' | 'doubt' | 'covered_by' | 'supersedes'>;

function verdictOf({ record, input }: TaskRecord, replayed: ReplayedUpdate, covering: CoveringPosts): Verdict {
  const { offset } = record;
  const copy = input.source === null ? null : covering.takeCopy(input.source, offset);
  const { judgement } = replayed;
  if (judgement === null) {
    const body = replayed.notices[0]?.body;
    if (body?.kind === 'reject') return { class: 'rejected', reason: body.reason, detail: body.detail };
    return { class: 'duplicate', covered_by: copy };
  }
  const { updateClass, post, doubt, name: reporter } = judgement;
  const verdict: Verdict = { class: updateClass, ...(doubt === null ? {} : { doubt }) };
  if (post === null) return verdict;
  if (outcomeOf(updateClass) !== 'applied') return { ...verdict, covered_by: covering.of(reporter, post) };
  const latest = updateClass === 'supersede' ? covering.latest(reporter, post) : null;
  covering.count(reporter, post, offset);
  return latest === null ? verdict : { ...verdict, supersedes: latest };
}

function eventOf(
  from: NoticeSource,
  notice: Notice,
  update: TaskStatusDetail | null,
  engine_instance_id: string | undefined,
): EmittedEvent[] {
  const { body } = notice;
  switch (body.kind) {
    case 'failure':
      return [{ event: 'failure', kind: body.facts.failure, ce_id: failureId(from, notice, body.facts) }];
    case 'reject':
      return [{ event: 'reject', ce_id: rejectId(from, notice) }];
    case 'reroute':
      return []; // A task's own records lie at its home.
    case 'job_creation': {
      if (update === null) return [];
      const action = update.create_jobs_action![body.action]!;
      const { repeat, action: at } = body;
      const ce_id = jobCreationId(from, notice, update, action, repeat, at, engine_instance_id);
      return [{ event: 'job_creation', ce_id }];
    }
  }
}

/** The task as Redis had it when the command looked. */
export function explainNow({ task, watermark }: TaskLook): ExplainedNow {
  const { liveness, liveness_at, source } = task;
  const at = { partition: source.partition, offset: watermark - 1 };
  return { ...at, class: 'now', liveness, liveness_at, changed: [], emitted: [] };
}

/** What is told, as far as it moved the field; null: it did not. */
export function narrowed<Told extends { readonly changed: readonly FigureChange[] }>(
  told: Told,
  field: string,
): Told | null {
  const changed = told.changed.filter((change) => isPartOf(change.field, field));
  return changed.length === 0 ? null : { ...told, changed };
}
