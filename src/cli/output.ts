// What a command prints: results on standard output (for people, or JSON), progress and notes on standard error.

import { once } from 'node:events';
import { Progress, type Running } from './progress.ts';

export interface Output {
  readonly json: boolean;
  /** One result: the JSON of `value` in one line with --json, else the text for people. Waits for a slow reader. */
  result(value: unknown, forPeople: () => string): Promise<void>;
  /** A remark on standard error, not part of the result. */
  note(text: string): void;
  /**
   * Live progress on standard error, from two seconds on: one line that changes on a terminal, else a line every five
   * seconds. `render` must be cheap.
   */
  progress(render: () => string): Running;
  /** On a terminal, while the command itself shows nothing: that it is at work, and for how long. */
  working(title: string): Running;
  /** While somebody is asked no progress shows. */
  asking(): Running;
}

/** @param streams standard output and standard error of the process */
export function createOutput(
  json: boolean,
  streams: { readonly stdout: NodeJS.WriteStream; readonly stderr: NodeJS.WriteStream },
): Output {
  const { stdout, stderr } = streams;
  const progress = new Progress(stderr);
  return {
    json,
    async result(value, forPeople) {
      progress.makeRoom();
      const text = json ? toJson(value) : withoutControls(forPeople());
      if (!stdout.write(`${text}\n`)) await once(stdout, 'drain');
    },
    note(text) {
      progress.makeRoom();
      stderr.write(`${text}\n`);
    },
    progress: (render) => progress.begin(render),
    working: (title) => progress.beginTitle(title),
    asking: () => progress.pause(),
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
