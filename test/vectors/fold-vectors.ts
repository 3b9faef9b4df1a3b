// All hand-worked vectors of the fold, in one list: given these records, docs/fold.md says that this must come of them.
// Each implementation of the fold runs every one.

import { BOUND_VECTORS } from './bound-vectors.ts';
import { CLOCK_STEP_VECTORS } from './clock-step-vectors.ts';
import { CLOCK_VECTORS } from './clock-vectors.ts';
import { CONTROL_VECTORS } from './control-vectors.ts';
import { ERROR_VECTORS } from './error-vectors.ts';
import { FAILURE_VECTORS } from './failure-vectors.ts';
import type { FoldVector } from './fold-vector.ts';
import { HOME_VECTORS } from './home-vectors.ts';
import { IO_VECTORS } from './io-vectors.ts';
import { JOB_VECTORS } from './job-vectors.ts';
import { LATEST_VECTORS } from './latest-vectors.ts';
import { LEDGER_VECTORS } from './ledger-vectors.ts';
import { RECOVERY_VECTORS } from './recovery-vectors.ts';
import { REJECT_VECTORS } from './reject-vectors.ts';
import { RETIREMENT_VECTORS } from './retirement-vectors.ts';
import { ROLL_UP_VECTORS } from './roll-up-vectors.ts';
import { SILENCE_VECTORS } from './silence-vectors.ts';
import { STALL_VECTORS } from './stall-vectors.ts';
import { STATUS_VECTORS } from './status-vectors.ts';
import { SUMS_VECTORS } from './sums-vectors.ts';
import { SYMBOL_VECTORS } from './symbol-vectors.ts';
import { TOMBSTONE_VECTORS } from './tombstone-vectors.ts';
import { UNKNOWN_VECTORS } from './unknown-vectors.ts';

export {
  type FoldVector,
  placed,
  timeTellers,
  VECTOR_GROUP,
  type VectorEvent,
  type VectorRecord,
  type VectorTask,
  type VectorUpdate,
} from './fold-vector.ts';

export const FOLD_VECTORS: readonly FoldVector[] = [
  ...SUMS_VECTORS,
  ...LATEST_VECTORS,
  ...SYMBOL_VECTORS,
  ...STATUS_VECTORS,
  ...LEDGER_VECTORS,
  ...CLOCK_STEP_VECTORS,
  ...BOUND_VECTORS,
  ...FAILURE_VECTORS,
  ...ERROR_VECTORS,
  ...JOB_VECTORS,
  ...IO_VECTORS,
  ...REJECT_VECTORS,
  ...HOME_VECTORS,
  ...CLOCK_VECTORS,
  ...SILENCE_VECTORS,
  ...RECOVERY_VECTORS,
  ...UNKNOWN_VECTORS,
  ...STALL_VECTORS,
  ...RETIREMENT_VECTORS,
  ...TOMBSTONE_VECTORS,
  ...ROLL_UP_VECTORS,
  ...CONTROL_VECTORS,
];
