// Live progress on standard error: one line that changes on a terminal, a line now and then elsewhere. Of several that were
// begun the latest shows; whatever else is printed has the terminal for itself for a while.

export interface Running {
  stop(): void;
}

/** It shows after this time, and on a terminal also this long after something else was printed, ms. */
const AFTER_MS = 2_000;
const TERMINAL_EVERY_MS = 200;
const LINES_EVERY_MS = 5_000;

export class Progress {
  readonly #stderr: NodeJS.WriteStream;
  readonly #terminal: boolean;
  readonly #running: object[] = [];
  #isDrawn = false;
  #printedAt = Number.NEGATIVE_INFINITY;

  constructor(stderr: NodeJS.WriteStream) {
    this.#stderr = stderr;
    this.#terminal = stderr.isTTY === true;
  }

  /** `render` must be cheap. */
  begin(render: () => string): Running {
    return this.#begin(render);
  }

  /** That a command is still at work, for a person who waits before a terminal, and only while it says nothing better. */
  beginTitle(title: string): Running {
    if (!this.#terminal) return { stop() {} };
    const began = Date.now();
    return this.#begin(() => `${title}: ${Math.round((Date.now() - began) / 1_000)} s`);
  }

  /** None of them shows until it is stopped: somebody is asked. */
  pause(): Running {
    return this.#begin(null);
  }

  /** Something else is about to be printed. */
  makeRoom(): void {
    this.#clear();
    this.#printedAt = Date.now();
  }

  #begin(render: (() => string) | null): Running {
    const running = {};
    this.#running.push(running);
    this.#clear();
    const say = () => {
      if (render !== null && this.#running.at(-1) === running) this.#say(render);
    };
    let repeated: NodeJS.Timeout | undefined;
    const first = setTimeout(() => {
      say();
      repeated = setInterval(say, this.#terminal ? TERMINAL_EVERY_MS : LINES_EVERY_MS);
    }, AFTER_MS);
    return {
      stop: () => {
        clearTimeout(first);
        clearInterval(repeated);
        const index = this.#running.indexOf(running);
        if (index >= 0) this.#running.splice(index, 1);
        this.#clear();
      },
    };
  }

  #say(render: () => string): void {
    if (!this.#terminal) {
      this.#stderr.write(`${render()}\n`);
      return;
    }
    if (Date.now() - this.#printedAt < AFTER_MS) return;
    this.#stderr.write(`\r\u001b[2K${render().slice(0, (this.#stderr.columns || 80) - 1)}`);
    this.#isDrawn = true;
  }

  #clear(): void {
    if (this.#isDrawn) this.#stderr.write('\r\u001b[2K');
    this.#isDrawn = false;
  }
}
