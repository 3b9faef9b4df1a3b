// SlotLive ↔ the hash `{tag}:live`: who works on the partition and how it goes. Outside of the fold, may be lost.

import type { FoldSettings } from '../domain/fold-settings.ts';
import type { SlotLive } from '../pipeline/ports.ts';

/** The field by which an operator asks a halted partition to claim again. */
export const RESUME_FIELD = 'resume';

/** Every field each time, empty where there is nothing to say, so that one HSET replaces what stood there. */
export function encodeLive(live: SlotLive): string[] {
  return [
    ...['owner', live.owner, 'state', live.state, 'log_end', String(live.log_end)],
    ...['emitted', live.emitted === null ? '' : String(live.emitted), 'seen_at', String(live.seen_at)],
    ...[
      'halt.code',
      live.halt?.code ?? '',
      'halt.message',
      live.halt?.message ?? '',
      'halt.cure',
      live.halt?.cure ?? '',
    ],
    ...['given', JSON.stringify(live.given ?? {})],
  ];
}

/** Null where nobody has reported yet. */
export function decodeLive(flat: readonly string[]): SlotLive | null {
  const fields = new Map<string, string>();
  for (let i = 0; i < flat.length; i += 2) fields.set(flat[i]!, flat[i + 1]!);
  const state = fields.get('state');
  if (state === undefined) return null;
  const emitted = fields.get('emitted');
  const code = fields.get('halt.code');
  const given = JSON.parse(fields.get('given') || '{}') as Partial<FoldSettings>;
  return {
    owner: fields.get('owner') ?? '',
    state,
    log_end: Number(fields.get('log_end') ?? 0),
    emitted: emitted ? Number(emitted) : null,
    seen_at: Number(fields.get('seen_at') ?? 0),
    ...(code ? { halt: { code, message: fields.get('halt.message') ?? '', cure: fields.get('halt.cure') ?? '' } } : {}),
    ...(Object.keys(given).length > 0 ? { given } : {}),
  };
}
