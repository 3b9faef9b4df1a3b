// `npm test` and `npm run demo`: what must be there before any of our code can run (the dependencies, Node 24, real
// services), and then the work itself. Plain JavaScript without dependencies, for Node 20 and up.
// package.json starts it by `exec`, because a shell in between would end by a SIGTERM and leave this running.
import { StackError } from '../stack/stack.mjs';
import { runDemo } from './demo.mjs';
import { runTests } from './test.mjs';

const [command, ...args] = process.argv.slice(2);
// Whoever reads our output may be gone before the services are ended: that must not keep us from ending them.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

const commands = { demo: runDemo, test: runTests };

try {
  if (!Object.hasOwn(commands, command))
    throw new StackError(`usage: launch/main.mjs ${Object.keys(commands).join('|')}`);
  process.exitCode = await commands[command](args);
} catch (error) {
  // A problem that the user can solve is one line; anything else is a fault of ours and needs its stack.
  process.stderr.write(`taskfold: ${error instanceof StackError ? error.message : error.stack}\n`);
  process.exitCode = 1;
}
