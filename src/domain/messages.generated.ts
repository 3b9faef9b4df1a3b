// Generated from schemas/*.avsc by `npm run generate`: do not edit.
// The messages of all topics, in the contract's names. Null or absent: not reported, which is not zero.

/** One status update of an engine instance for one task: what changed since its last acknowledged update. Every field is optional; null means not reported, which is not zero. */
export interface TaskStatusDetail {
  /** The task. A uuid by contract, any text in practice; at most 1,024 bytes of UTF-8. Also the record's key. */
  readonly internal_task_id?: string | null;
  /** The job that the task belongs to. */
  readonly internal_job_id?: string | null;
  /** The engine that works on the task. */
  readonly engine_id?: string | null;
  /** The work request under which the instance reports. Several can report on one task at once. */
  readonly work_request_id?: string | null;
  /** The route of the work item. Not a uuid. */
  readonly task_route_id?: string | null;
  /** When the update was made, by the sender's clock. UTC, epoch seconds. */
  readonly timestamp?: number | null;
  /** The sender's last acknowledged update of the task, or the task's start. UTC, epoch seconds. */
  readonly prior_timestamp?: number | null;
  /** Errors since the last acknowledged update: a delta. */
  readonly error_count?: number | null;
  /** Retries since the last acknowledged update: a delta. */
  readonly retry_count?: number | null;
  /** JSON text: an array of {"id", "msg"}, one element an error. Text that does not parse is kept as one error. */
  readonly error_details?: string | null;
  /** Why the task failed; engines that go on running set it for errors as well. */
  readonly failure_reason?: string | null;
  /** The task's status as the instance sees it. Stream engines may report `complete`; chunk engines stay `running`. */
  readonly task_status?: string | null;
  /** What the engine asks the receiver to do. */
  readonly task_action?: string | null;
  /** Jobs to create, one element a job. Acted on whenever present, whatever task_action says. */
  readonly create_jobs_action?: readonly CreateJobsAction[] | null;
  /** Counters of the task's inputs. */
  readonly inputs?: readonly TaskIOStatus[] | null;
  /** Counters of the task's outputs. */
  readonly outputs?: readonly TaskIOStatus[] | null;
  /** What was processed since the last acknowledged update: deltas. */
  readonly processed_stats?: TaskProcessedStats | null;
  /** A free-form object as JSON text, at the end of a batch or in the last update before the engine exits. Usually absent. */
  readonly task_output?: string | null;
}

/** One job to create. */
export interface CreateJobsAction {
  /** The job to clone. */
  readonly base_internal_job_id?: string | null;
  /** The temporal data object to create for the job. */
  readonly create_tdo_detail?: CreateTDODetail | null;
  /** Whether the job is created without a temporal data object. */
  readonly no_tdo?: boolean | null;
  /** The job's payload. JSON text. */
  readonly payload_json?: string | null;
  /** A credential for creating the job. Never to be logged, stored or shown. */
  readonly token?: string | null;
}

/** The temporal data object (a recording's container) to create for the job. */
export interface CreateTDODetail {
  /** Name of the new object. */
  readonly name?: string | null;
  /** Description of the new object. */
  readonly description?: string | null;
  /** Whether everybody may see the new object. */
  readonly is_public?: boolean | null;
  /** Start of what the object covers. RFC 3339. */
  readonly start_date_time?: string | null;
  /** End of what the object covers. RFC 3339. */
  readonly stop_date_time?: string | null;
}

/** The counters of one input or output of the task. */
export interface TaskIOStatus {
  /** The input or output. */
  readonly id?: string | null;
  /** Items processed since the last acknowledged update: a delta. */
  readonly processed_count?: number | null;
  /** Items processed since the task began, for this reporter: a total. Two totals of one reporter are never added. */
  readonly processed_total_count?: number | null;
}

/** What was processed since the last acknowledged update: deltas. */
export interface TaskProcessedStats {
  /** Bytes processed: a delta. */
  readonly processed_bytes?: number | null;
  /** CPU time in milliseconds: a delta. The same quantity as processed_cpu_seconds in another unit; never add the two. */
  readonly processed_cpu_milliseconds?: number | null;
  /** CPU time in seconds: a delta. The same quantity as processed_cpu_milliseconds in another unit; never add the two. */
  readonly processed_cpu_seconds?: number | null;
  /** Chunks processed: a delta. */
  readonly processed_chunks?: number | null;
  /** Media processed, in seconds: a delta. */
  readonly processed_media_seconds?: number | null;
}

/** An engine asks for a new job: one element of create_jobs_action. Key: internal_job_id, where there is none internal_task_id. The ids are cut to 4,096 bytes of UTF-8. */
export interface JobCreation {
  /** The task whose engine asks. */
  readonly internal_task_id: string;
  /** The job that the task belongs to, the latest known. */
  readonly internal_job_id?: string | null;
  /** The engine that asks, the latest known. */
  readonly engine_id?: string | null;
  /** The work request of the update that asks. */
  readonly work_request_id?: string | null;
  /** The route of the work item, from the update that asks. */
  readonly task_route_id?: string | null;
  /** When the update was made, by the sender's clock. UTC, epoch seconds. */
  readonly timestamp?: number | null;
  /** The sender's last acknowledged update before that. UTC, epoch seconds. */
  readonly prior_timestamp?: number | null;
  /** The element's place in the update's create_jobs_action, from 0. */
  readonly action_index: number;
  /** The job to clone. */
  readonly base_internal_job_id?: string | null;
  /** The temporal data object to create for the job. */
  readonly create_tdo_detail?: CreateTDODetail | null;
  /** Whether the job is created without a temporal data object. */
  readonly no_tdo?: boolean | null;
  /** The job's payload. JSON text. */
  readonly payload_json?: string | null;
  /** A credential for creating the job. Never to be logged, stored or shown. */
  readonly token?: string | null;
  /** The broker's time of the update's record. UTC, epoch milliseconds. */
  readonly log_time: number;
  /** The topic of the record that was folded. */
  readonly source_topic: string;
  /** Its partition. */
  readonly source_partition: number;
  /** Its offset. */
  readonly source_offset: number;
  /** Set where that record had been moved to its task's home partition: the partition that the engine wrote it to. */
  readonly origin_partition?: number | null;
  /** The offset that goes with origin_partition. */
  readonly origin_offset?: number | null;
}

/** A task failed, an error episode of it opened or changed its reason, or its engines fell silent or reported again. Key: internal_task_id. The texts are cut to 4,096 bytes of UTF-8, those of errors as their fields say. */
export interface TaskFailure {
  /** What happened to the task. */
  readonly failure: 'failed' | 'aborted' | 'rejected' | 'error' | 'silent' | 'recovered' | 'unrecognized';
  /** The task that the event is about. At most 1,024 bytes of UTF-8. */
  readonly internal_task_id: string;
  /** The job that the task belongs to, the latest known. */
  readonly internal_job_id?: string | null;
  /** The engine that works on the task, the latest known. */
  readonly engine_id?: string | null;
  /** The work request of the update that caused the event; of `silent`, the open one that reported last. */
  readonly work_request_id?: string | null;
  /** The route of the work item. */
  readonly task_route_id?: string | null;
  /** The task's status after the update. */
  readonly task_status?:
    | 'scheduled'
    | 'pending'
    | 'queued'
    | 'running'
    | 'complete'
    | 'aborted'
    | 'failed'
    | 'rejected'
    | 'reprocessing'
    | 'unrecognized'
    | null;
  /** The reason that the update gave. */
  readonly failure_reason?:
    | 'internal_error'
    | 'unknown'
    | 'connection'
    | 'rate_limited'
    | 'unauthorized'
    | 'api'
    | 'resources'
    | 'not_found'
    | 'core_api'
    | 'bad_data'
    | 'scheduling'
    | 'none'
    | 'unrecognized'
    | null;
  /** The task's attempt, from 1; each re-opening of a finished task begins a new one. */
  readonly attempt: number;
  /** When the update was made, by the sender's clock. UTC, epoch seconds. */
  readonly timestamp?: number | null;
  /** The sender's last acknowledged update before that. UTC, epoch seconds. */
  readonly prior_timestamp?: number | null;
  /** The errors that came with the update, oldest first; where they take more than 256 KiB, the newest of them. */
  readonly errors?: readonly TaskError[];
  /** Errors of the task so far: the sum after the update. */
  readonly error_count?: number | null;
  /** Retries of the task so far: the sum after the update. */
  readonly retry_count?: number | null;
  /** What the task processed so far: sums after the update. */
  readonly processed_stats?: TaskProcessedSums | null;
  /** The broker's time of the update's record; of `silent`, of the record by which the time was over. UTC, epoch milliseconds. */
  readonly log_time: number;
  /** Set for `silent` and `recovered`: the broker's time of the task's last update before the silence. UTC, epoch milliseconds. */
  readonly last_update_at?: number | null;
  /** The topic of the record that was folded. */
  readonly source_topic: string;
  /** Its partition. */
  readonly source_partition: number;
  /** Its offset. */
  readonly source_offset: number;
  /** Set where that record had been moved to its task's home partition: the partition that the engine wrote it to. */
  readonly origin_partition?: number | null;
  /** The offset that goes with origin_partition. */
  readonly origin_offset?: number | null;
}

/** One error of the update's error_details. */
export interface TaskError {
  /** The error's id, cut to 256 characters. */
  readonly id?: string | null;
  /** The error's message, cut to 1,024 characters. */
  readonly msg?: string | null;
}

/** What the task processed so far: sums after the update. Null: never reported. */
export interface TaskProcessedSums {
  /** Bytes processed. */
  readonly processed_bytes?: number | null;
  /** CPU time in milliseconds. */
  readonly processed_cpu_milliseconds?: number | null;
  /** CPU time in seconds. The same quantity as processed_cpu_milliseconds; never add the two. */
  readonly processed_cpu_seconds?: number | null;
  /** Chunks processed. */
  readonly processed_chunks?: number | null;
  /** Media processed, in seconds. */
  readonly processed_media_seconds?: number | null;
}

/** Points at a rejected record whose bytes were not copied, because they hold a credential or are too large. Any other message of the topic is a copy: its value is the rejected bytes themselves. The header taskfold-reject-form tells the two apart. */
export interface RejectPointer {
  /** Why the record was rejected, one of the names in the header taskfold-reject-reason. */
  readonly reason: string;
  /** The same for people, one sentence. */
  readonly detail: string;
  /** The task, where it is known. */
  readonly internal_task_id?: string | null;
  /** The topic where the record lies. */
  readonly source_topic: string;
  /** Its partition. */
  readonly source_partition: number;
  /** Its offset. */
  readonly source_offset: number;
  /** The broker's time of the record. UTC, epoch milliseconds. */
  readonly log_time: number;
  /** Size of its key in bytes. Null: it has none. */
  readonly key_bytes?: number | null;
  /** Size of its value in bytes. Null: it has none. */
  readonly value_bytes?: number | null;
  /** CRC-32 (IEEE) of its key, 0 to 2^32-1. Null: it has none. There is none of the value, which may hold a credential. */
  readonly key_crc32?: number | null;
  /** Set where the record had been moved to its task's home partition: the partition that the engine wrote it to. */
  readonly origin_partition?: number | null;
  /** The offset that goes with origin_partition. */
  readonly origin_offset?: number | null;
}
