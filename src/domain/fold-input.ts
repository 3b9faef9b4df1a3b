// What the fold takes: one record of the partition, decoded.

import { homeOf } from './home.ts';
import type { TaskStatusDetail } from './messages.generated.ts';
import type { SourceCoordinates } from './notice.ts';
import type { RejectReason } from './outcome.ts';
import type { Control } from './settings-change.ts';

/** One record as the fold sees it: decoded, and without anything of Kafka but its coordinates. */
export interface FoldInput {
  readonly offset: number;
  /** log time, ms */
  readonly timestamp: number;
  /** key + value + header names and values, bytes */
  readonly size: number;
  readonly decoded:
    | { readonly kind: 'update'; readonly update: TaskStatusDetail }
    | { readonly kind: 'reject'; readonly reason: RejectReason; readonly detail: string };
  /** home partition of the update's task; -1 where it has none */
  readonly home: number;
  /** first coordinates, where the record was re-routed */
  readonly source: SourceCoordinates | null;
  /** a record that shall only tell the time, if it names no task */
  readonly tick?: boolean | undefined;
  /** what a control record asks for, if it names no task; null: nothing that we obey */
  readonly control?: Control | null | undefined;
  /** the envelope's field, where the record's header has it */
  readonly work_request_status?: string | undefined;
  /** the envelope's engineInstanceID, where the record's header has it */
  readonly engine_instance_id?: string | undefined;
  readonly traceparent?: string | undefined;
  readonly tracestate?: string | undefined;
}

/** The home of a decoded record's task, -1 where it has no id or one that is too long. */
export function homeOfDecoded(decoded: FoldInput['decoded'], partitions: number): number {
  const id = decoded.kind === 'update' ? decoded.update.internal_task_id : null;
  return id ? homeOf(id, partitions) : -1;
}
