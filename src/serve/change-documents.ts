// What /api/changes sends: server-sent events, each with one of these documents as its data. Only `change` has an id.

import { z } from 'zod';
import { id, logTime, whole } from './common-documents.ts';
import { fleetAnswer } from './fleet-documents.ts';
import { taskRow } from './task-documents.ts';

/** event `change`: a task has come to a status, or fell silent, or stalls. */
export const change = z
  .object({
    kind: z.enum(['status', 'silent', 'stalled']),
    at: logTime.describe('since when it is so'),
    partition: whole,
    internal_task_id: id,
    task: taskRow.describe('the task as it is now, which may be later than the change'),
  })
  .meta({ id: 'Change' });
export type Change = z.infer<typeof change>;

/** event `task`: a task that was asked for by `task=` has been folded further. */
export const taskChange = z.object({ task: taskRow }).meta({ id: 'TaskChange' });

/** event `fleet`: every second. */
export const fleetChange = fleetAnswer;

/** event `gap`: changes were left out; read anew what you show. */
export const gap = z.object({ reason: z.string() }).meta({ id: 'Gap' });

/** event `away`: a service does not answer, the stream goes on when it is back (event `back`). */
export const serviceChange = z
  .object({ service: z.enum(['redis', 'kafka']), reason: z.string().optional() })
  .meta({ id: 'ServiceChange' });

/** event `dropped`: the last one of a client that was too slow; it may come again with Last-Event-ID. */
export const dropped = z.object({ reason: z.string() }).meta({ id: 'Dropped' });
