// Ends a test's stack once the process that owns it is gone: `node guard.mjs DATA [--remove]`. It waits for the end of
// its standard input, which only the owner holds open; the word `released` first means that there is nothing left to do.
import { rmSync } from 'node:fs';
import { down } from './stack.mjs';

const [data, remove] = process.argv.slice(2);
let said = '';
for await (const chunk of process.stdin) said += chunk;
if (said !== 'released') {
  await down({ data });
  if (remove === '--remove') rmSync(data, { recursive: true, force: true });
}
