// `npm run --silent sbom`: the bill of materials of the published package (CycloneDX, JSON) on standard output, by `npm sbom` from the
// lock file. What only tests and builds need is left out here: npm's own `--omit dev` also leaves out what both need. What is built
// into the page counts as development to npm, and is shipped all the same.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { name } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const args = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only'];
const bill = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }));

/** docs/decisions/dependencies.md, "Built into the page" */
const BUILT_IN = new Set(['preact', 'uplot']);

const isDevelopment = ({ properties }) => properties.some((one) => one.name === 'cdx:npm:package:development');
const components = bill.components.filter((component) => BUILT_IN.has(component.name) || !isDevelopment(component));
const kept = new Set([bill.metadata.component['bom-ref'], ...components.map((component) => component['bom-ref'])]);
const dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => kept.has(other)) }));
// npm names it after the folder that it lies in.
const metadata = { ...bill.metadata, component: { ...bill.metadata.component, name } };
process.stdout.write(`${JSON.stringify({ ...bill, metadata, components, dependencies }, null, 2)}\n`);
