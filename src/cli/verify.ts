// `taskfold verify`: folds the input topic once more from its start, plainly and on its own, and holds Redis and every
// outgoing topic against it.

import type { Command } from 'commander';
import { z } from 'zod';
import { defineCommand } from './command-context.ts';
import { EXIT } from './command-failure.ts';
import { wholeNumber } from './option-values.ts';
import { verify } from './verify/verification.ts';
import { verifyText } from './verify/verify-document.ts';

const WAIT_S_DEFAULT = 60;

export function verifyCommand(): Command {
  return defineCommand({
    name: 'verify',
    summary: 'hold Redis and the outgoing topics against a second, plain fold of the input',
    description:
      'Reads the input topic from its start with a plain fold whose rules are written separately from the processor’s, and every outgoing ' +
      'topic as a read-committed reader sees it. Compares every task field by field, the roll-ups, the counts per outcome, ' +
      'and every event: each exactly once, in order, with its contents. Each partition is compared at its own W, so ' +
      'processors may work meanwhile; --wait waits until they have folded and sent everything. Exits 0 only if nothing ' +
      'differs and everything could be checked.',
    examples: [
      ['verify', 'is everything right, as far as it is folded?'],
      ['verify --wait 120', 'wait up to two minutes for the processors first'],
      ['verify --wait --truth truth.jsonl', 'also: is it what the simulated engines did?'],
      ['verify --json | jq .mismatches', 'only the number'],
    ],
    options: [
      ['--wait [seconds]', `wait until all is folded and sent, so long at most (${WAIT_S_DEFAULT} s unless told)`],
      ['--truth <file>', 'a truth file of "taskfold simulate": compare with what its engines did'],
      ['--limit <n>', 'how many mismatches are shown', '20'],
    ],
    parse: z.object({
      wait: z.union([z.literal(true).transform(() => WAIT_S_DEFAULT), wholeNumber(0, 86_400)]).optional(),
      truth: z.string().min(1).optional(),
      limit: wholeNumber(0, 1_000_000),
    }),
    settings: ['services', 'names'],
    needs: ['kafka', 'registry', 'redis'],
    async run(context, options) {
      let doing = 'looking at the partitions';
      const progress = context.output.progress(() => doing);
      try {
        const document = await verify(context, options, (text) => {
          doing = text;
        });
        progress.stop();
        await context.output.result(document, () => verifyText(document));
        return document.mismatches === 0 && document.unchecked.length === 0 ? EXIT.done : EXIT.failed;
      } finally {
        progress.stop();
      }
    },
  });
}
