// What the demo shows while it runs: on a terminal a block that changes in place, else a line every few seconds. All of
// it goes to standard error; standard output is for the result.

const TERMINAL_EVERY_MS = 250;
const LINES_EVERY_MS = 3_000;

export interface Face {
  /** the block, for a terminal */
  readonly block: readonly string[];
  /** all of it in one line */
  readonly line: string;
}

export class Board {
  readonly #stream: NodeJS.WriteStream;
  readonly #isTerminal: boolean;
  #timer: NodeJS.Timeout | undefined;
  #drawn = 0;
  #face: () => Face = () => ({ block: [], line: '' });

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream;
    this.#isTerminal = stream.isTTY === true;
  }

  /** Shows `face` from now on, until `stop`. */
  start(face: () => Face): void {
    this.#face = face;
    this.#timer = setInterval(() => this.#draw(), this.#isTerminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS);
    if (this.#isTerminal) this.#draw();
  }

  /** A line that stays. */
  say(line: string): void {
    this.#erase();
    this.#stream.write(`${line}\n`);
    if (this.#isTerminal && this.#timer) this.#draw();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#erase();
  }

  #draw(): void {
    const face = this.#face();
    if (!this.#isTerminal) {
      this.#stream.write(`${face.line}\n`);
      return;
    }
    this.#erase();
    const width = (this.#stream.columns || 80) - 1;
    const lines = ['', ...face.block].map((line) => line.slice(0, width));
    this.#stream.write(lines.map((line) => `${line}\n`).join(''));
    this.#drawn = lines.length;
  }

  #erase(): void {
    if (this.#drawn > 0) this.#stream.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}

const PAINTS = { bold: 1, red: 31, green: 32, cyan: 36 } as const;

/** The text in a colour, where `stream` is a terminal and nobody asked for none. */
export function painted(text: string, paint: keyof typeof PAINTS, stream: NodeJS.WriteStream): string {
  const plain = stream.isTTY !== true || process.env.NO_COLOR !== undefined;
  return plain ? text : `\u001b[${PAINTS[paint]}m${text}\u001b[0m`;
}

/** A bar of `width` characters, filled to `share` (0 to 1). */
export function bar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(filled) + '░'.repeat(width - filled);
}

export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
