// The outcomes that one record of the input can have, and the names of the reasons for a rejection.
// Conservation: received = applied + duplicate + stale + rejected + rerouted, per partition, at every W.

export const OUTCOMES = ['applied', 'duplicate', 'stale', 'rejected', 'rerouted'] as const;
/** What became of one record; each record of the input has exactly one. */
export type Outcome = (typeof OUTCOMES)[number];

export const REJECT_REASONS = [
  /** the record has no value */
  'tombstone',
  /** fewer than the five bytes of the Confluent wire format's head */
  'too_short',
  /** the first byte is not 0 */
  'wrong_magic_byte',
  /** the registry denies the writer schema's id */
  'unknown_schema',
  /** the writer schema cannot be resolved to ours */
  'incompatible_schema',
  /** the Avro body ends too early */
  'truncated',
  /** bytes are left behind the Avro body */
  'trailing_bytes',
  /** the Avro body is malformed in another way */
  'malformed',
  /** a number beyond ±(2^53−2) */
  'number_out_of_range',
  /** a delta or a total below zero */
  'negative_number',
  /** a sum of the task would pass 2^53−2 */
  'sum_out_of_range',
  'internal_task_id_missing',
  /** above 1,024 bytes of UTF-8 */
  'internal_task_id_too_long',
  /** an id other than internal_task_id above 1,024 bytes of UTF-8 */
  'id_too_long',
  /** the posts on one prior_timestamp would have brought more job creations than the ledger remembers of one */
  'too_many_job_creations',
  /** the record has to be copied into an outgoing topic, and is larger than `copy_bytes_max` */
  'too_large_to_copy',
  /** re-routed once, and still not in its task's home partition */
  'rerouted_not_at_home',
  /** the task was finished, or not heard of, for so long that it was retired */
  'task_retired',
] as const;
/** Why a record was rejected. */
export type RejectReason = (typeof REJECT_REASONS)[number];
