// What the API answers from: the reads of Redis, and what has to be looked up in Kafka, which the command line brings.

import type { Reads } from '../read/reads.ts';
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

export interface ApiSources {
  readonly topic: string;
  readonly group: string;
  readonly reads: Reads;
  readonly logEnds: LogEnds;
  readonly updatesOf: UpdatesSource;
}
