// A command's context for one request of the API: what is opened for it is closed with it. Requests that read Kafka are
// answered a few at a time, and in bounded time.

import { ApiProblem } from '../../serve/problems.ts';
import type { CommandContext } from '../command-context.ts';

const AT_ONCE_MAX = 4;
const WAITING_MAX = 32;

export interface RequestRunner {
  /** @throws ApiProblem (503) where too many wait already */
  run<Answer>(work: (context: CommandContext) => Promise<Answer>): Promise<Answer>;
}

export function createRequestRunner(context: CommandContext): RequestRunner {
  const waiting: (() => void)[] = [];
  let running = 0;

  async function enter(): Promise<void> {
    if (running < AT_ONCE_MAX) {
      running++;
      return;
    }
    if (waiting.length >= WAITING_MAX) {
      const cure = 'ask again in a few seconds';
      throw new ApiProblem(503, 'busy', 'too many questions of this kind', 'others that read Kafka wait already', {
        cure,
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }

  function leave(): void {
    const next = waiting.shift();
    if (next === undefined) running--;
    else next();
  }

  return {
    async run(work) {
      await enter();
      const closers: (() => Promise<void> | void)[] = [];
      try {
        return await work({ ...context, closing: (close) => closers.push(close) });
      } finally {
        leave();
        for (const close of closers.reverse()) {
          void Promise.resolve()
            .then(close)
            .catch(() => {});
        }
      }
    },
  };
}
