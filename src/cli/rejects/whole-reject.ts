// All that can be shown of a reject, for `rejects show` and the API.

import type { FoundReject, Rejects } from './open-rejects.ts';
import { type RejectDocument, rejectLine, shownRecord } from './reject-document.ts';
import { outlookOf, type RejectAtHand } from './reject-outlook.ts';

/** @param atHand with its record; its writer schema must have been loaded */
export function rejectDocument(
  { reject }: FoundReject,
  atHand: RejectAtHand,
  { terms, replayLog }: Pick<Rejects, 'terms' | 'replayLog'>,
): RejectDocument {
  const outlook = outlookOf(atHand, terms);
  const record = shownRecord(atHand, terms.decoder);
  return {
    ...rejectLine(reject, replayLog.replayedAt(reject.source)),
    rejected_at: reject.rejected_at,
    ...(record === undefined ? {} : { record }),
    now: {
      outlook: outlook.kind,
      ...('reason' in outlook ? { reason: outlook.reason } : {}),
      ...('detail' in outlook ? { detail: outlook.detail } : {}),
    },
  };
}
