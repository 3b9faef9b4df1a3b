// Reads a truth file (docs/truth.md), line by line: what the simulated engines really did.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { CommandFailure, EXIT } from '../command-failure.ts';

export interface TruthIo {
  readonly id: string;
  readonly processed_count?: number;
  readonly processed_total_count?: number;
}

export interface TruthTask {
  readonly internal_task_id: string;
  readonly internal_job_id?: string;
  readonly engine_id?: string;
  readonly updates: number;
  readonly updates_rejected: number;
  readonly task_status?: string;
  readonly attempts: number;
  readonly completion_requested: boolean;
  readonly error_count?: number;
  readonly retry_count?: number;
  readonly processed_stats?: { readonly [stat: string]: number };
  readonly inputs?: readonly TruthIo[];
  readonly outputs?: readonly TruthIo[];
  readonly failures: readonly { readonly failure: string; readonly failure_reason?: string }[];
  readonly job_creations: readonly string[];
  readonly timestamp?: number;
  readonly work_request_id?: string;
  /** those that never ended */
  readonly open_work_requests?: readonly string[];
  /** what faults left less than exactly known, by group; a group that is left out is exact */
  readonly exactness?: { readonly [group in TruthGroup]?: 'at_most' | 'marked' | 'open' };
  /** its records lie in several partitions: their order is not claimed */
  readonly reordered?: boolean;
  /** nobody knows whether the broker has all of its records */
  readonly unknown?: boolean;
}

/** What of a task is known together (docs/truth.md). */
export type TruthGroup = 'sums' | 'totals' | 'job_creations' | 'status' | 'errors';

export interface TruthSummary {
  readonly published: number;
  readonly applied: number;
  readonly rejected: number;
  readonly rejected_by_reason: { readonly [reason: string]: number };
  readonly rerouted: number;
  readonly tasks: number;
  readonly failures: number;
  readonly failures_by_kind: { readonly [kind: string]: number };
  readonly job_creations: number;
  readonly unknown: number;
}

const VERSION = 1;

/**
 * Gives each task to `onTask`; answers the summary.
 * @throws CommandFailure (exit 2) where the file cannot be read, is torn, or is about another topic
 */
export async function readTruth(file: string, topic: string, onTask: (task: TruthTask) => void): Promise<TruthSummary> {
  let summary: TruthSummary | null = null;
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
      number += 1;
      const read = JSON.parse(line) as { kind: string; version?: number; topic?: string };
      if (summary !== null) throw new Error('there is something behind the summary');
      if (number === 1) {
        if (read.kind !== 'run' || read.version !== VERSION) throw new Error('this is no truth of version 1');
        if (read.topic !== topic) throw new Error(`this is about the topic ${read.topic}, not ${topic}`);
      } else if (read.kind === 'task') onTask(read as unknown as TruthTask);
      else if (read.kind === 'summary') summary = read as unknown as TruthSummary;
      else throw new Error(`the kind ${JSON.stringify(read.kind)} is not known`);
    }
    if (summary === null) throw new Error('the summary is missing: the file is torn');
    return summary;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(
      `${file}, line ${number}: ${reason}`,
      EXIT.usage,
      'take a file of "taskfold simulate --truth"',
    );
  }
}
