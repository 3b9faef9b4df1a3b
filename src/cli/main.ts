#!/usr/bin/env node
// The executable: runs one command line of `taskfold` and exits with its code.

import { runProgram } from './program.ts';

// kafkajs starts timers with negative delays, which newer Nodes warn about on every connection; nothing is wrong.
process.removeAllListeners('warning');
process.on('warning', (warning) => {
  if (warning.name !== 'TimeoutNegativeWarning') process.stderr.write(`${warning.name}: ${warning.message}\n`);
});
// The reader of our output went away (`taskfold tasks | head`): there is nobody to tell anything.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

const code = await runProgram(process.argv.slice(2));
// A pipe takes what it is given when its reader gets to it; what is still here when the process exits is lost.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))));
// Clients of three services may leave timers and sockets behind; the command is done, so the process is.
process.exit(code);
