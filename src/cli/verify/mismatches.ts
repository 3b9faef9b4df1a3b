// What `taskfold verify` found to differ: counted without end, kept up to a bound, and said in one sentence each.

/** One difference. Values are texts, cut; a token is never among them. */
export interface Mismatch {
  readonly about: 'task' | 'job' | 'engine' | 'partition' | 'event' | 'rerouted' | 'truth';
  readonly partition?: number;
  readonly internal_task_id?: string;
  readonly internal_job_id?: string;
  readonly engine_id?: string;
  /** where the event lies */
  readonly topic?: string;
  /** `<topic>/<partition>/<offset>/<index>` of the record and notice that the event belongs to */
  readonly source?: string;
  readonly field?: string;
  readonly problem: 'differs' | 'missing' | 'unexpected' | 'repeated' | 'out_of_order' | 'too_early';
  readonly expected?: string;
  readonly found?: string;
}

const VALUE_CHARACTERS_MAX = 200;

export class Mismatches {
  readonly kept: Mismatch[] = [];
  #count = 0;
  readonly #keptMax: number;

  constructor(keptMax: number) {
    this.#keptMax = keptMax;
  }

  get count(): number {
    return this.#count;
  }

  add(mismatch: Mismatch): void {
    this.#count += 1;
    if (this.kept.length >= this.#keptMax) return;
    const { expected, found } = mismatch;
    this.kept.push({
      ...mismatch,
      ...(expected === undefined ? {} : { expected: cut(expected) }),
      ...(found === undefined ? {} : { found: cut(found) }),
    });
  }

  /** Takes over what another one collected. */
  addAll(other: Mismatches): void {
    for (const mismatch of other.kept) if (this.kept.length < this.#keptMax) this.kept.push(mismatch);
    this.#count += other.#count;
  }

  /**
   * Compares two sets of named texts; each name in only one of them, or with another text, is a mismatch.
   * @param about what the names belong to
   */
  compare(
    about: Omit<Mismatch, 'field' | 'problem' | 'expected' | 'found'>,
    expected: ReadonlyMap<string, string>,
    found: ReadonlyMap<string, string>,
  ): void {
    for (const [field, value] of expected) {
      const other = found.get(field);
      if (other === undefined) this.add({ ...about, field, problem: 'missing', expected: value });
      else if (other !== value) this.add({ ...about, field, problem: 'differs', expected: value, found: other });
    }
    for (const [field, value] of found) {
      if (!expected.has(field)) this.add({ ...about, field, problem: 'unexpected', found: value });
    }
  }
}

function cut(text: string): string {
  return text.length <= VALUE_CHARACTERS_MAX
    ? text
    : `${text.slice(0, VALUE_CHARACTERS_MAX)}… (${text.length} characters)`;
}

/** The sentence for people. */
export function mismatchText(mismatch: Mismatch): string {
  const { about, partition, topic, source, field, problem, expected, found } = mismatch;
  const id = mismatch.internal_task_id ?? mismatch.internal_job_id ?? mismatch.engine_id;
  const subject = [
    about === 'rerouted' ? 're-routed copy' : about,
    id === undefined ? '' : JSON.stringify(id),
    partition === undefined ? '' : about === 'partition' ? partition : `(partition ${partition})`,
    topic === undefined ? '' : `in ${topic}`,
    source === undefined ? '' : `of ${source}`,
    field === undefined ? '' : `: ${field}`,
  ]
    .filter((part) => part !== '')
    .join(' ')
    .replace(' : ', ': ');
  const values = [
    expected === undefined ? '' : `expected ${expected}`,
    found === undefined ? '' : `found ${found}`,
  ].filter((part) => part !== '');
  return `${subject} ${problem.replaceAll('_', ' ')}${values.length === 0 ? '' : ` (${values.join(', ')})`}`;
}
