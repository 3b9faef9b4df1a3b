// /api/changes: the fleet every second, and the tasks that come to a status, fall silent or stall, as server-sent events.

import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { type Changes, type Position, positionOf } from './change-feed.ts';
import { statuses } from './common-documents.ts';
import { EventStream, eventText } from './event-stream.ts';
import type { FleetAnswer } from './fleet-documents.ts';
import type { FleetLook } from './fleet-watch.ts';
import { ApiProblem, badRequest } from './problems.ts';
import { problems, text, told } from './route-parts.ts';
import type { ApiSources } from './sources.ts';
import { rowOf } from './task-documents.ts';
import { type ChangeFilter, WrittenChanges, writtenOf } from './written-changes.ts';

/** Clients of the stream at once. */
const CLIENTS_MAX = 2_000;
/** Tasks that one client may follow. */
const TASKS_MAX = 100;
const TOKEN_OVER = 'the token has expired: come back with a new one, and Last-Event-ID';

const names = (known: readonly string[]) =>
  z
    .string()
    .transform((list) => list.split(','))
    .pipe(z.array(z.enum(known as [string, ...string[]])))
    .transform((list) => new Set(list));

const query = z.object({
  events: names(['fleet', 'change', 'task'])
    .optional()
    .describe('only these, separated by commas: fleet, change, task'),
  kind: names(['status', 'silent', 'stalled']).optional().describe('only changes of these kinds, separated by commas'),
  task_status: statuses.optional().describe('only changes of tasks that have it now'),
  engine_id: text.optional(),
  internal_job_id: text.optional(),
  internal_task_id: z
    .union([text.transform((one) => [one]), z.array(text).max(TASKS_MAX)])
    .optional()
    .describe(
      `only these tasks, at most ${TASKS_MAX}: their changes, and an event task whenever one is folded further`,
    ),
  last_event_id: z.string().max(32_768).optional().describe('the same as the header Last-Event-ID'),
});
type Query = z.infer<typeof query>;

export function changeRoutes(sources: ApiSources): FastifyPluginAsyncZod {
  const { topic, group, logEnds, watch, feed, metrics } = sources;
  const clients = new Set<EventStream>();

  function fleetText({ fleet, as_of }: FleetLook): string {
    const rates = watch.rates;
    const answer: FleetAnswer = { topic, group, fleet, ...(rates ? { rates } : {}), as_of: told(as_of, logEnds) };
    return JSON.stringify(answer);
  }
  // Made once a second for all.
  let lastLook: FleetLook | null = null;
  let lastFleet = Buffer.alloc(0);
  const writtenFleet = (look: FleetLook): Buffer => {
    if (look !== lastLook) lastFleet = Buffer.from(eventText('fleet', fleetText(look)));
    lastLook = look;
    return lastFleet;
  };
  const written = new WrittenChanges();

  return async (app) => {
    app.addHook('preClose', async () => {
      for (const client of clients) client.close('the server stops; come back with Last-Event-ID');
      feed.stop();
    });

    app.get(
      '/api/changes',
      {
        schema: {
          operationId: 'streamChanges',
          summary: 'what happens, as server-sent events',
          description:
            'Events: fleet (every second; data as of /api/fleet), change (a task came to a status, fell silent or stalls), task (a task that ' +
            'was asked for was folded further), away and back (a service), gap (changes were left out: read anew what you show), dropped (the ' +
            'last one: this client was too slow, or its token has expired). A change is where a task has come to, not each step; it may come twice, and comes in the ' +
            'order of log time within a partition. Last-Event-ID goes on where a client was, on any server of the group.',
          produces: ['text/event-stream'],
          querystring: query,
          response: problems,
        },
      },
      async (request, reply) => {
        if (clients.size >= CLIENTS_MAX) {
          throw new ApiProblem(503, 'busy', 'too many clients', `${CLIENTS_MAX} clients listen already`, {
            cure: 'close some, or start another "taskfold serve"',
          });
        }
        const header = request.headers['last-event-id'];
        const lastId = request.query.last_event_id ?? (typeof header === 'string' ? header : undefined);
        const position = lastId === undefined || lastId === '' ? null : positionOf(lastId);
        if (lastId && position === null) throw badRequest('Last-Event-ID: no stream of Taskfold has given it');
        const headers = Object.fromEntries(
          Object.entries(reply.getHeaders()).map(([name, value]) => [name, String(value)]),
        );
        reply.hijack();
        const stream = new EventStream(reply.raw, headers, () => metrics.dropped());
        clients.add(stream);
        follow(stream, request.query, position);
        // Who asked with a signed token hears no more than that allows.
        if (request.letInUntil !== null) stream.closeAt(request.letInUntil, TOKEN_OVER);
      },
    );
  };

  function follow(stream: EventStream, asked: Query, position: Position | null): void {
    const wants = (event: string) => asked.events === undefined || asked.events.has(event);
    const { kind, task_status, engine_id, internal_job_id, internal_task_id } = asked;
    const filter: ChangeFilter = { kind, task_status, engine_id, internal_job_id, internal_task_id };
    const tell = (changes: Changes) => {
      const events = written.of(changes, filter, feed.listeners);
      if (events !== null) stream.sendWritten(events);
    };
    const stops: (() => void)[] = [];
    let isAway = false;
    stops.push(
      watch.listen((look) => {
        if (stream.isOver) return;
        if ((look === null) !== isAway) {
          isAway = look === null;
          const reason = watch.away ?? undefined;
          stream.send(isAway ? 'away' : 'back', JSON.stringify({ service: 'redis', ...(isAway ? { reason } : {}) }));
        }
        if (look !== null && wants('fleet')) stream.sendWritten(writtenFleet(look));
      }),
    );
    if (wants('task') && asked.internal_task_id) stops.push(followTasks(stream, asked.internal_task_id));
    if (wants('change')) {
      // What comes while the past is read waits for it; what is in both comes twice.
      let waiting: Changes[] | null = position === null ? null : [];
      stops.push(feed.listen((changes) => (waiting === null ? tell(changes) : waiting.push(changes))));
      if (position !== null) {
        void feed
          .since(position)
          .then(
            (missed) => {
              const events = writtenOf(missed, filter);
              if (events !== null) stream.sendWritten(events);
            },
            () => stream.send('gap', JSON.stringify({ reason: 'what was missed could not be read' })),
          )
          .finally(() => {
            for (const changes of waiting ?? []) tell(changes);
            waiting = null;
          });
      }
    }
    stream.onEnd(() => {
      clients.delete(stream);
      for (const stop of stops) stop();
    });
  }

  /** @returns how to follow them no more */
  function followTasks(stream: EventStream, ids: readonly string[]): () => void {
    const seen = new Map<string, string>();
    let reading = false;
    return watch.listen((look) => {
      if (look === null || reading || stream.isOver) return;
      reading = true;
      sources.reads
        .readTaskRows(ids)
        .then((rows) => {
          for (const task of rows) {
            if (task === null) continue;
            const now = `${task.source.last_offset} ${task.liveness_at}`;
            if (seen.get(task.internal_task_id) !== now) stream.send('task', JSON.stringify({ task: rowOf(task) }));
            seen.set(task.internal_task_id, now);
          }
        })
        .catch(() => {})
        .finally(() => {
          reading = false;
        });
    });
  }
}
