// `ce_id` of the events: made of content, so that a re-posted update gives the same one wherever and however often it
// lies in the log; only where content cannot tell two events apart it is made of where the record lay first.

import { hash } from 'node:crypto';
import { canonicalAction } from '../domain/job-action.ts';
import type { CreateJobsAction, TaskStatusDetail } from '../domain/messages.generated.ts';
import type { FailureFacts, Notice } from '../domain/notice.ts';
import { instanceOf } from '../domain/reporters.ts';

/** Where the notice's record lay when we read it. */
export interface NoticeSource {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Kind, task, reporter, prior, reason and, from the second one on, attempt of a failure; its coordinates where reporter or prior is missing, and where it is
 * about a silence: one post can end several.
 */
export function failureId(from: NoticeSource, notice: Notice, facts: FailureFacts): string {
  const { failure, failure_reason, internal_task_id, work_request_id, prior_timestamp, attempt } = facts;
  const ofSilence = failure === 'silent' || failure === 'recovered';
  if (ofSilence || !work_request_id || prior_timestamp === undefined) {
    return coordinatesId(from, notice, `${failure} ${internal_task_id}`);
  }
  return digest([
    ...['failure', failure, internal_task_id, work_request_id, prior_timestamp, failure_reason ?? null],
    ...(attempt > 1 ? [attempt] : []),
    ...instancePart(facts.engine_instance_id),
  ]);
}

/** What an id has of an engine instance: nothing where none is told, so that the ids of before stay what they are. */
function instancePart(engine_instance_id: string | undefined): string[] {
  return engine_instance_id === undefined ? [] : [`instance ${engine_instance_id}`];
}

/**
 * Task, reporter, prior, the action without its token and its how-manieth; else its coordinates.
 * @param at the action's index
 * @param engine_instance_id what the record's header tells
 */
export function jobCreationId(
  from: NoticeSource,
  notice: Notice,
  update: TaskStatusDetail,
  action: CreateJobsAction,
  repeat: number,
  at: number,
  engine_instance_id: string | undefined,
): string {
  const { internal_task_id, work_request_id, prior_timestamp } = update;
  if (!work_request_id || prior_timestamp === null || prior_timestamp === undefined) {
    return coordinatesId(from, notice, at + 1);
  }
  return digest([
    ...['job_creation', internal_task_id, work_request_id, prior_timestamp, canonicalAction(action), repeat],
    ...instancePart(instanceOf(engine_instance_id)),
  ]);
}

/** The one reject of a record. */
export function rejectId(from: NoticeSource, notice: Notice): string {
  return coordinatesId(from, notice, 1);
}

/**
 * Topic, partition and offset where the record lay first. @param which of the notices of its kind it is, by what it says:
 * its index would depend on what else befell at that record, which nobody knows who looks at one task alone
 */
function coordinatesId(from: NoticeSource, notice: Notice, which: string | number): string {
  const { partition, offset } = notice.source ?? { partition: from.partition, offset: notice.offset };
  return digest([notice.body.kind, from.topic, partition, offset, which]);
}

/** SHA-256 of the parts in the form of a UUID of version 8 (RFC 9562: custom content). */
function digest(parts: readonly (string | number | null | undefined)[]): string {
  const hex = hash('sha256', JSON.stringify(parts), 'hex');
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
