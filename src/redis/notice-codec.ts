// Notice ↔ an entry of the stream `{tag}:outbox`: id `<offset>-<index>`, field `body` (JSON) and, for a record that was
// re-routed, field `source` (`<partition>/<offset>`).

import { FAILURE_KINDS, type Notice, type NoticeBody, type SourceCoordinates } from '../domain/notice.ts';
import { malformed, storedInteger, storedJson } from './stored-values.ts';

/** The stream id, then fields and values: what XADD takes. */
export function encodeNotice(notice: Notice): string[] {
  const entry = [`${notice.offset}-${notice.index}`, 'body', JSON.stringify(notice.body)];
  if (notice.source) entry.push('source', `${notice.source.partition}/${notice.source.offset}`);
  return entry;
}

/** @throws Fault torn_save where the entry is damaged */
export function decodeNotice(key: string, id: string, flat: readonly string[]): Notice {
  const dash = id.indexOf('-');
  const offset = storedInteger(key, id, id.slice(0, dash));
  const index = storedInteger(key, id, id.slice(dash + 1));
  let body: NoticeBody | undefined;
  let source: SourceCoordinates | undefined;
  for (let i = 0; i < flat.length; i += 2) {
    const text = flat[i + 1]!;
    if (flat[i] === 'body') body = decodeBody(key, id, text);
    else if (flat[i] === 'source') source = decodeSource(key, id, text);
  }
  if (!body) malformed(key, id, 'has no body');
  return source ? { offset, index, source, body } : { offset, index, body };
}

function decodeSource(key: string, id: string, text: string): SourceCoordinates {
  const slash = text.indexOf('/');
  return {
    partition: storedInteger(key, id, text.slice(0, slash)),
    offset: storedInteger(key, id, text.slice(slash + 1)),
  };
}

function decodeBody(key: string, id: string, text: string): NoticeBody {
  const body = storedJson(key, id, text) as Partial<Record<string, unknown>> | null;
  if (isBody(body)) return body as unknown as NoticeBody;
  return malformed(key, id, 'is no notice');
}

/** Checks what the sending of a notice stands on; its further facts are only passed on. */
function isBody(body: Partial<Record<string, unknown>> | null): boolean {
  if (body === null || typeof body !== 'object') return false;
  switch (body.kind) {
    case 'failure': {
      const facts = body.facts as Partial<Record<string, unknown>> | null | undefined;
      return (
        facts !== null &&
        typeof facts === 'object' &&
        typeof facts.internal_task_id === 'string' &&
        (FAILURE_KINDS as readonly unknown[]).includes(facts.failure)
      );
    }
    case 'job_creation':
      return (
        Number.isSafeInteger(body.action) &&
        Number.isSafeInteger(body.repeat) &&
        typeof body.internal_task_id === 'string'
      );
    case 'reject':
      return typeof body.reason === 'string' && (body.form === 'copy' || body.form === 'pointer');
    case 'reroute':
      return Number.isSafeInteger(body.to);
    default:
      return false;
  }
}
