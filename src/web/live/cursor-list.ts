// A list of any length, of which only what is looked at is held. The API gives it page by page, each with the cursor of the
// next; pages far from the view are let go, and their cursors kept, so that going back asks for them again.

export interface Page<Row> {
  readonly rows: readonly Row[];
  /** of the next page; null: this is the last one */
  readonly next: string | null;
}

/** @param cursor null: the first page */
export type LoadPage<Row> = (cursor: string | null, signal: AbortSignal) => Promise<Page<Row>>;

interface Held<Row> {
  readonly cursor: string | null;
  /** how many rows it had; they may be let go */
  count: number;
  rows: readonly Row[] | null;
}

/** Pages held on each side of what is looked at. */
const PAGES_AROUND = 5;

export class CursorList<Row> {
  readonly #load: LoadPage<Row>;
  readonly #onChange: () => void;
  readonly #pages: Held<Row>[] = [];
  readonly #loading = new Set<number>();
  #gone = new AbortController();
  /** undefined: the first page has not come */
  #next: string | null | undefined;
  #looked: readonly [number, number] = [0, 0];
  #error: unknown = null;

  constructor(load: LoadPage<Row>, onChange: () => void) {
    this.#load = load;
    this.#onChange = onChange;
  }

  /** Rows known so far; more may follow. */
  get length(): number {
    return this.#pages.reduce((sum, { count }) => sum + count, 0);
  }

  get isComplete(): boolean {
    return this.#next === null;
  }

  get hasBegun(): boolean {
    return this.#next !== undefined;
  }

  /** Why the last loading failed; null: it did not. */
  get error(): unknown {
    return this.#error;
  }

  /** The row, or undefined: it is not here (yet). */
  row(index: number): Row | undefined {
    let from = 0;
    for (const page of this.#pages) {
      if (index < from + page.count) return page.rows?.[index - from];
      from += page.count;
    }
    return undefined;
  }

  /** Holds what is looked at: loads what is missing, and lets go what is far from it. */
  look(first: number, last: number): void {
    this.#looked = [first, last];
    if (this.#next === undefined) {
      void this.#fill(0, null);
      return;
    }
    let from = 0;
    let [firstPage, lastPage] = [this.#pages.length, 0];
    this.#pages.forEach((page, at) => {
      if (from + page.count > first && from <= last) {
        firstPage = Math.min(firstPage, at);
        lastPage = at;
        if (page.rows === null) void this.#fill(at, page.cursor);
      }
      from += page.count;
    });
    this.#pages.forEach((page, at) => {
      if (at < firstPage - PAGES_AROUND || at > lastPage + PAGES_AROUND) page.rows = null;
    });
    if (last >= from - 1 && this.#next !== null) void this.#fill(this.#pages.length, this.#next);
  }

  /** Reads the pages again that are looked at, in place. */
  async refresh(first: number, last: number): Promise<void> {
    let from = 0;
    const asked: Promise<void>[] = [];
    this.#pages.forEach((page, at) => {
      if (from + page.count > first && from <= last && page.rows !== null) asked.push(this.#fill(at, page.cursor));
      from += page.count;
    });
    if (asked.length === 0) asked.push(this.#fill(0, null));
    await Promise.all(asked);
  }

  end(): void {
    this.#gone.abort();
  }

  async #fill(at: number, cursor: string | null): Promise<void> {
    if (this.#loading.has(at)) return;
    this.#loading.add(at);
    const { signal } = this.#gone;
    let isNew = false;
    try {
      const { rows, next } = await this.#load(cursor, signal);
      if (signal.aborted) return;
      this.#take(at, cursor, rows, next);
      this.#error = null;
      isNew = at === this.#pages.length - 1;
    } catch (error) {
      if (signal.aborted) return;
      this.#error = error;
    } finally {
      this.#loading.delete(at);
    }
    this.#onChange();
    // A page may be short, or empty, and the list goes on: what is looked at may still be missing.
    if (isNew) this.look(...this.#looked);
  }

  #take(at: number, cursor: string | null, rows: readonly Row[], next: string | null): void {
    const known = this.#pages[at];
    const isLast = at >= this.#pages.length - 1;
    const following = this.#pages[at + 1]?.cursor;
    if (known === undefined) this.#pages.push({ cursor, count: rows.length, rows });
    else {
      known.rows = known.rows === null ? rows : withKnown(rows, known.rows);
      known.count = rows.length;
    }
    // Where the list has moved, the cursors behind this page are of another list.
    if (!isLast && following !== next) this.#pages.length = at + 1;
    if (at === this.#pages.length - 1) this.#next = next;
  }
}

/** Rows that say the same as before are the same objects: what shows them need not be drawn anew. */
function withKnown<Row>(rows: readonly Row[], known: readonly Row[]): readonly Row[] {
  const before = new Map(known.map((row) => [JSON.stringify(row), row]));
  return rows.map((row) => before.get(JSON.stringify(row)) ?? row);
}
