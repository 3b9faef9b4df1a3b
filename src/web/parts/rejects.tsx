// What was rejected: how much for which reason, and the newest ones with what they say. Never bytes: what does not decode
// may hide a credential.

import { pathTo, useAddress, useSetFilters } from '../address.ts';
import type { RejectDocument, RejectsAnswer } from '../documents.ts';
import { exact } from '../format/number.ts';
import { useResource } from '../live/resource.ts';
import { Empty, Loading } from './states.tsx';
import { Id, Panel, Time } from './text.tsx';

const EVERY_MS = 5_000;
const SHOWN = 50;

export function Rejects({ byReason }: { byReason: Readonly<Record<string, number>> | undefined }) {
  const { filters } = useAddress();
  const set = useSetFilters();
  const chosen = filters.get('reason');
  const query = `?limit=${SHOWN}${chosen === undefined ? '' : `&reason=${encodeURIComponent(chosen)}`}`;
  const { document: told, problem } = useResource<RejectsAnswer>(`/api/rejects${query}`, EVERY_MS, true);
  const reasons = Object.entries(byReason ?? {}).sort(([, a], [, b]) => b - a);
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  return (
    <div id="rejects">
      <Panel title="Rejects" aside={`${exact(total)} so far, the newest first`}>
        {reasons.length > 0 && (
          <fieldset class="chips" aria-label="Reason">
            {reasons.map(([reason, count]) => (
              <button
                key={reason}
                type="button"
                class="chip"
                aria-pressed={chosen === reason}
                onClick={() => set({ reason: chosen === reason ? undefined : reason })}
              >
                {reason.replaceAll('_', ' ')} <b>{exact(count)}</b>
              </button>
            ))}
          </fieldset>
        )}
        {told === undefined ? (
          problem === undefined ? (
            <Loading lines={4} />
          ) : (
            <Empty title={problem.title}>{problem.detail}</Empty>
          )
        ) : told.rejects.length === 0 ? (
          <Empty title="Nothing was rejected">
            Records that cannot be applied would be listed here, with the reason.
          </Empty>
        ) : (
          <ul class="rejects">
            {told.rejects.map((reject) => (
              <Reject key={reject.reject} reject={reject} />
            ))}
          </ul>
        )}
      </Panel>
    </div>
  );
}

function Reject({ reject }: { reject: RejectDocument }) {
  const { reason, detail, source, rejected_at, internal_task_id: id, record, now, replayed_at } = reject;
  return (
    <li>
      <div>
        <strong>{reason.replaceAll('_', ' ')}</strong> <span>{detail}</span>
      </div>
      <div class="quiet">
        <Time at={rejected_at} /> · <span class="mono">{source}</span>
        {id !== undefined && (
          <>
            {' · '}
            <Id id={id} to={pathTo('tasks', id)} />
          </>
        )}
        {record?.value_bytes != null && ` · ${exact(record.value_bytes)} bytes`}
        {record?.schema_id !== undefined && ` · schema ${record.schema_id}`}
        {replayed_at !== undefined ? ' · replayed' : ` · a replay now: ${now.outlook.replaceAll('_', ' ')}`}
      </div>
      {record?.update !== undefined && (
        <details>
          <summary>What it says</summary>
          <pre>{JSON.stringify(record.update, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}
