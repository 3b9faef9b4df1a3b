// What the API answers from: the reads of Redis, and what has to be looked up in Kafka, which the command line brings.

import type { ApiMetrics } from '../observe/api-metrics.ts';
import type { Reads } from '../read/reads.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { RejectOfApi } from './fleet-documents.ts';
import type { FleetWatch } from './fleet-watch.ts';
import type { LogEnds } from './log-ends.ts';
import type { ExplainedUpdateDocument } from './task-documents.ts';

export interface ExplainedUpdates {
  /** in the order of the log */
  readonly updates: readonly ExplainedUpdateDocument[];
  readonly complete: boolean;
  readonly note?: string | undefined;
  readonly next_after?: number | undefined;
}

/** @param range updates behind the offset `after`, at most `limit` @throws ApiProblem, Fault */
export type UpdatesSource = (
  internal_task_id: string,
  range: { readonly after: number; readonly limit: number },
) => Promise<ExplainedUpdates>;

export interface RejectsQuery {
  readonly limit: number;
  /** only what lies below these offsets of the rejects topic, by partition */
  readonly before?: ReadonlyMap<number, number> | undefined;
  readonly reason?: ReadonlySet<string> | undefined;
  /** of the input topic */
  readonly partition?: number | undefined;
  /** an internal_task_id */
  readonly task?: string | undefined;
  /** log time of the rejected record, ms: not before, and before */
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** The newest first; with `before` to go on from, where there may be more. @throws ApiProblem, Fault */
export type RejectsSource = (query: RejectsQuery) => Promise<{
  readonly rejects: readonly RejectOfApi[];
  readonly before?: ReadonlyMap<number, number> | undefined;
}>;

export interface ApiSources {
  readonly topic: string;
  readonly group: string;
  readonly reads: Reads;
  readonly logEnds: LogEnds;
  readonly updatesOf: UpdatesSource;
  readonly newestRejects: RejectsSource;
  readonly watch: FleetWatch;
  readonly feed: ChangeFeed;
  readonly metrics: ApiMetrics;
}
