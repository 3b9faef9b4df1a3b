// Fetches Maven artifacts into the cache with the machine's own Maven: its mirrors and proxies apply.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { bytesBelow, cacheFolder } from './cache.mjs';
import { run, StackError } from './run.mjs';

const PLUGIN = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1';
const PROGRESS_MS = 2_000;

/** Copies the artifacts, and what they depend on at run time, as jars into `folder`. */
export async function copyWithDependencies({ title, artifacts, folder, megabytes }, onProgress) {
  const pom = join(folder, 'pom.xml');
  writeFileSync(pom, projectOf(artifacts));
  const goal = [`${PLUGIN}:copy-dependencies`, '-f', pom, '-DincludeScope=runtime', `-DoutputDirectory=${folder}`];
  await maven({ title, goal, megabytes }, onProgress);
  rmSync(pom);
}

/** Copies one artifact, `group:name:version:type:classifier`, into `folder`. */
export async function copyArtifact({ title, artifact, folder, megabytes }, onProgress) {
  const goal = [`${PLUGIN}:copy`, `-Dartifact=${artifact}`, `-DoutputDirectory=${folder}`];
  await maven({ title, goal, megabytes }, onProgress);
}

async function maven({ title, goal, megabytes }, onProgress) {
  // A repository of our own, dropped when its files are in the cache: it takes no room twice, an interrupted download
  // goes on where it was, and two Mavens never write into one repository.
  const repository = join(cacheFolder(), '.maven', title.replaceAll(/[^\w.-]+/g, '-'));
  onProgress(`downloading ${title}, about ${megabytes} MB (once; kept in ${cacheFolder()})`);
  let shown = 0;
  const timer = setInterval(() => {
    const now = Math.round(bytesBelow(repository) / 1e6);
    if (now !== shown) onProgress(`downloading ${title}: ${now} of about ${megabytes} MB`);
    shown = now;
  }, PROGRESS_MS);
  try {
    const options = ['-B', '--strict-checksums', `-Dmaven.repo.local=${repository}`];
    const done = await run('mvn', [...options, ...goal], { cwd: cacheFolder() });
    if (done.code !== 0) throw new StackError(`${title} could not be downloaded: ${complaint(done.output)}`);
  } finally {
    clearInterval(timer);
  }
  rmSync(repository, { recursive: true, force: true });
}

function complaint(output) {
  const offline =
    /unknown host|name resolution|network is unreachable|connect(ion)? (timed out|refused)|no route to host/i;
  if (offline.test(output)) return 'Maven reaches no repository (is this machine connected to the internet?)';
  const line = output.split('\n').find((line) => line.includes('ERROR')) ?? output.trim().split('\n').at(-1) ?? '';
  return stripVTControlCharacters(line).replace(/^\[ERROR\]\s*/, '');
}

function projectOf(artifacts) {
  const dependencies = artifacts.map((artifact) => {
    const [group, name, version] = artifact.split(':');
    return `<dependency><groupId>${group}</groupId><artifactId>${name}</artifactId><version>${version}</version></dependency>`;
  });
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>taskfold</groupId><artifactId>stack</artifactId><version>1</version><packaging>pom</packaging>',
    `<dependencies>${dependencies.join('')}</dependencies></project>`,
  ].join('\n');
}
