// What a command prints: results on standard output (for people, or JSON), progress and notes on standard error.

import { once } from 'node:events';

export interface Output {
  readonly json: boolean;
  /** One result: the JSON of `value` in one line with --json, else the text for people. Waits for a slow reader. */
  result(value: unknown, forPeople: () => string): Promise<void>;
  /** A remark on standard error, not part of the result. */
  note(text: string): void;
  /**
   * Live progress on standard error, from two seconds on: one line that changes on a terminal, else a line every five
   * seconds. `render` must be cheap. Call `stop` before anything else is printed.
   */
  progress(render: () => string): { stop(): void };
}

const PROGRESS_AFTER_MS = 2_000;
const TERMINAL_EVERY_MS = 200;
const LINES_EVERY_MS = 5_000;

/** @param streams standard output and standard error of the process */
export function createOutput(
  json: boolean,
  streams: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream },
): Output {
  const { stdout, stderr } = streams;
  return {
    json,
    async result(value, forPeople) {
      const text = json ? toJson(value) : withoutControls(forPeople());
      if (!stdout.write(`${text}\n`)) await once(stdout, 'drain');
    },
    note(text) {
      stderr.write(`${text}\n`);
    },
    progress(render) {
      const terminal = stderr.isTTY === true;
      const say = () =>
        stderr.write(terminal ? `\r\u001b[2K${render().slice(0, (stderr.columns || 80) - 1)}` : `${render()}\n`);
      let repeated: NodeJS.Timeout | undefined;
      const first = setTimeout(() => {
        say();
        repeated = setInterval(say, terminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS);
      }, PROGRESS_AFTER_MS);
      return {
        stop() {
          clearTimeout(first);
          if (repeated === undefined) return;
          clearInterval(repeated);
          repeated = undefined;
          if (terminal) stderr.write('\r\u001b[2K');
        },
      };
    },
  };
}

/** Ids and error texts come from engines: an escape sequence in one must not reach the operator's terminal. */
export function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd');
}

/** One line of JSON. Maps become objects; an integer beyond 2^53 becomes decimal text, a smaller bigint a number. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : String(item);
    if (item instanceof Map) return Object.fromEntries(item);
    return item;
  });
}

/** Columns for people: the first row is the head; numbers stand right. */
export function table(rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? cell.toLocaleString('en-US') : cell)));
  const columns = texts[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...texts.map((row) => row[column]?.length ?? 0)),
  );
  const right = widths.map((_, column) => rows.slice(1).some((row) => typeof row[column] === 'number'));
  const pad = (cell: string, column: number) =>
    right[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0);
  return texts.map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}
