// `npm run demo`: dependencies and services of its own, then the show itself, deploy/demo/main.ts, which finds the
// services in its environment and gets the arguments behind `--`. `--keep` (read here as well) leaves the services up.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { down, StackError, startStack, up } from '../stack/stack.mjs';
import { foreground } from './child.mjs';
import { environment, project, provideDependencies, say } from './dependencies.mjs';

const SHOW = join('deploy', 'demo', 'main.ts');

export async function runDemo(args) {
  if (!existsSync(join(project, SHOW))) throw new StackError(`${SHOW} is missing: take it from the repository`);
  const asksForHelp = args.includes('--help') || args.includes('-h');
  if (asksForHelp) return show(await provideDependencies(), args, {});

  const keep = args.includes('--keep');
  mkdirSync(join(project, '.taskfold'), { recursive: true });
  const data = mkdtempSync(join(project, '.taskfold', 'demo-'));
  // Both go on at once: on a new machine each downloads for a while.
  const [node, stack] = await settled(provideDependencies(), startServices(data, keep), data);
  try {
    return await show(node, args, stack.env);
  } finally {
    if (keep) say(`The services are still up; end them with: npm run stack -- down --data ${data}`);
    else await stack.stop();
  }
}

async function startServices(data, keep) {
  if (!keep) return startStack({ data, removeData: true, onProgress: say });
  return up({ data, onProgress: say });
}

/** Both results; if one fails, the services are ended before its error goes on. */
async function settled(dependencies, services, data) {
  const [node, stack] = await Promise.allSettled([dependencies, services]);
  if (node.status === 'fulfilled' && stack.status === 'fulfilled') return [node.value, stack.value];
  await (stack.value?.stop ? stack.value.stop() : down({ data }));
  rmSync(data, { recursive: true, force: true });
  throw node.reason ?? stack.reason;
}

function show(node, args, env) {
  // kafkajs computes a negative time-out now and then; Node 24 warns of it each time it happens.
  return foreground(node, ['--disable-warning=TimeoutNegativeWarning', SHOW, ...args], environment(node, env));
}
