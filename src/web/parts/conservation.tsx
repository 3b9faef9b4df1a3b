// The conservation law as a line to read: every record that was received has exactly one outcome.

import { Fragment } from 'preact';
import type { FleetDocument } from '../documents.ts';
import { Icon } from './icon.tsx';
import { Count } from './text.tsx';

const TERMS = ['applied', 'duplicate', 'stale', 'rejected', 'rerouted'] as const;
const MEANINGS: Readonly<Record<(typeof TERMS)[number], string>> = {
  applied: 'changed a task',
  duplicate: 'the same post again: counted once',
  stale: 'contained in a post that was counted',
  rejected: 'could not be applied: kept in the rejects topic',
  rerouted: 'lay in a wrong partition: sent home',
};

export function Conservation({ updates }: { updates: FleetDocument['updates'] }) {
  const sum = TERMS.reduce((total, term) => total + updates[term], 0);
  const holds = sum === updates.received;
  return (
    <div class="conservation" data-holds={holds}>
      <Term name="received" value={updates.received} meaning="records of the input that were folded" to="/processors" />
      <span class="sign">=</span>
      {TERMS.map((term, at) => (
        <Fragment key={term}>
          {at > 0 && <span class="sign">+</span>}
          <Term
            name={term}
            value={updates[term]}
            meaning={MEANINGS[term]}
            to={term === 'rejected' ? '/processors#rejects' : '/processors'}
          />
        </Fragment>
      ))}
      <span class="verdict" title={holds ? 'Both sides are equal' : `The right side is ${sum}`}>
        <Icon name={holds ? 'good' : 'alert'} />
        <span class={holds ? 'unseen' : ''}>{holds ? 'It adds up' : 'It does not add up'}</span>
      </span>
    </div>
  );
}

function Term({ name, value, meaning, to }: { name: string; value: number; meaning: string; to: string }) {
  return (
    <span class="term" title={meaning}>
      <Count value={value} to={to} />
      <span>{name}</span>
    </span>
  );
}
