// The registry's verdicts: which record named a schema id that the registry denies. One topic of one partition, kept for
// ever; a verdict is written in a transaction of the partition that it is about, so a fenced owner cannot add one.

import type { OutgoingMessage, SchemaVerdict } from '../pipeline/ports.ts';
import type { ClusterLink } from './cluster-link.ts';
import { TransactionScan } from './transaction-scan.ts';

/** The message that records a verdict. */
export function verdictMessage(topic: string, verdict: SchemaVerdict): OutgoingMessage {
  const { partition, offset, schema_id, incarnation } = verdict;
  return {
    topic,
    partition: 0,
    key: Buffer.from(`${partition}/${offset}`),
    value: Buffer.from(JSON.stringify({ partition, offset, schema_id, incarnation })),
    headers: {},
  };
}

/** All committed verdicts, read once and then on from where reading stopped. */
export class VerdictLog {
  readonly #scan: TransactionScan<SchemaVerdict>;
  /** by `<partition>/<incarnation>`, then by offset */
  readonly #bySlot = new Map<string, Map<number, SchemaVerdict>>();
  #reading: Promise<void> = Promise.resolve();

  constructor(link: ClusterLink) {
    this.#scan = new TransactionScan(
      link,
      ({ value }) => parseVerdict(value),
      (verdict) => this.#add(verdict),
    );
  }

  /** Verdicts of one slot by offset: all that ended before this call. The first one of an offset counts. */
  async read(partition: number, incarnation: string): Promise<ReadonlyMap<number, SchemaVerdict>> {
    // One reading at a time; a call that comes meanwhile needs one that begins after it.
    const reading = this.#reading.catch(() => {}).then(() => this.#scan.advance());
    this.#reading = reading;
    await reading;
    return new Map(this.#bySlot.get(`${partition}/${incarnation}`));
  }

  #add(verdict: SchemaVerdict): void {
    const slot = `${verdict.partition}/${verdict.incarnation}`;
    const known = this.#bySlot.get(slot);
    if (known === undefined) this.#bySlot.set(slot, new Map([[verdict.offset, verdict]]));
    else if (!known.has(verdict.offset)) known.set(verdict.offset, verdict);
  }
}

function parseVerdict(value: Buffer | null): SchemaVerdict | null {
  if (value === null) return null;
  try {
    const { partition, offset, schema_id, incarnation } = JSON.parse(value.toString('utf8')) as Record<string, unknown>;
    const whole = [partition, offset, schema_id].every((n) => Number.isSafeInteger(n));
    return whole && typeof incarnation === 'string'
      ? ({ partition, offset, schema_id, incarnation } as SchemaVerdict)
      : null;
  } catch {
    return null;
  }
}
