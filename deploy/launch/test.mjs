// `npm test`: lint, types, generated files, build, then all tests on real services. Arguments behind `--` go to vitest.
import { join } from 'node:path';
import { provideChromium } from '../stack/chromium.mjs';
import { provideServices } from '../stack/stack.mjs';
import { foreground } from './child.mjs';
import { environment, project, provideDependencies, say } from './dependencies.mjs';

const modules = (...path) => join(project, 'node_modules', ...path);

const checks = [
  { title: 'format and lint', args: [modules('@biomejs', 'biome', 'bin', 'biome'), 'check', '.'] },
  { title: 'types', args: [modules('typescript', 'bin', 'tsc'), '--noEmit'] },
  { title: 'types of the page', args: [modules('typescript', 'bin', 'tsc'), '-p', join('src', 'web')] },
  { title: 'generated files', args: [join('schemas', 'generate.mjs'), '--check'] },
  { title: 'build', args: [join('deploy', 'build.mjs')] },
];

export async function runTests(args) {
  const programs = async () => {
    await provideServices({ onProgress: say });
    return provideChromium({ onProgress: say });
  };
  const [node] = await Promise.all([provideDependencies(), programs()]);
  const env = environment(node);
  for (const { title, args } of checks) {
    say(`check: ${title}`);
    const code = await foreground(node, args, env);
    if (code !== 0) {
      say(`npm test: the check "${title}" failed; no test was run`);
      return code;
    }
  }
  return foreground(node, [modules('vitest', 'vitest.mjs'), 'run', ...args], env);
}
