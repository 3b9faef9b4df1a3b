// The options of `simulate` that choose the faults of its senders: a share for all together, and one for each.

import { z } from 'zod';
import { FATES, FAULTS, type Fault, type FaultShares, sharedOut } from '../engine/fault.ts';
import { nearest } from './nearest.ts';

const SHARE = 'must be a share from 0 to 1, such as 0.05';
const LIST = `one of ${FAULTS.map(flagName).join(', ')}`;

/** A fault as it is typed: `lost-reply`. */
export function flagName(fault: Fault): string {
  return fault.replaceAll('_', '-');
}

/** A share from 0 to 1. */
export const share = z
  .string({ error: SHARE })
  .regex(/^(0|1|[01]?\.\d{1,6}|1\.0+)$/, { error: SHARE })
  .transform(Number)
  .pipe(z.number().max(1, { error: SHARE }));

/** `lost-reply=0.02`, as often as wanted, each fault once. */
export const singleFaults = z.array(z.string()).transform((given, context): FaultShares => {
  const shares: { [fault in Fault]?: number } = {};
  for (const text of given) {
    const [name = '', value, ...rest] = text.split('=');
    const fault = FAULTS.find((known) => flagName(known) === name);
    const parsed = share.safeParse(value);
    const wrong = (message: string) => context.addIssue({ code: 'custom', message });
    if (fault === undefined) wrong(unknownFault(name));
    else if (value === undefined || rest.length > 0) wrong(`${text}: must be <fault>=<share>, such as ${name}=0.02`);
    else if (!parsed.success) wrong(`${name}: ${SHARE}`);
    else if (shares[fault] !== undefined) wrong(`${name} is given twice`);
    else shares[fault] = parsed.data;
  }
  return shares;
});

/** All together, where single ones count instead of their part. */
export function sharesOf(total: number, single: FaultShares): FaultShares {
  return { ...sharedOut(total), ...single };
}

export const TOO_MANY = `${FATES.map(flagName).join(', ')} exclude each other, so their shares must not pass 1 together`;

function unknownFault(name: string): string {
  const meant = nearest(name, FAULTS.map(flagName));
  return `${JSON.stringify(name)} is no fault${meant === null ? '' : ` (did you mean ${meant}?)`}; it takes ${LIST}`;
}
