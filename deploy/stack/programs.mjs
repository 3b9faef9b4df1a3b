// Finds or provides the programs behind the stack: Java, Kafka's and the registry's jars, redis-server. Whatever is
// missing is named in one line, all of it at once, so that nobody installs one thing only to learn of the next.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cached, cacheEntry } from './cache.mjs';
import { canInstall, install, unpack } from './debian.mjs';
import { copyArtifact, copyWithDependencies } from './maven.mjs';
import { onPath, run, StackError } from './run.mjs';
import { KAFKA_VERSION, REGISTRY_VERSION } from './versions.mjs';

const JAVA_VERSION_MIN = 17;
const KAFKA_ENTRY = `kafka-${KAFKA_VERSION}`;
const REGISTRY_ENTRY = `apicurio-registry-${REGISTRY_VERSION}`;
const REDIS_ENTRY = `redis-${process.arch}`;
const JAVA_PACKAGES = ['openjdk-21-jre-headless', 'openjdk-17-jre-headless', 'default-jre-headless'];

/** Returns what the named kinds of service need: `{java, kafka, registry, redis}`, each where asked for. */
export async function providePrograms(kinds, { install: mayInstall, onProgress }) {
  const needsJava = kinds.has('kafka') || kinds.has('registry');
  const needsMaven = (kinds.has('kafka') && !cached(KAFKA_ENTRY)) || (kinds.has('registry') && !cached(REGISTRY_ENTRY));
  const lacks = {
    java: needsJava && (await findJava()) === undefined,
    maven: needsMaven && onPath('mvn') === undefined,
    redis: kinds.has('redis') && findRedis() === undefined,
  };
  await provideMissing(lacks, mayInstall, onProgress);

  const programs = {};
  if (needsJava) programs.java = await findJava();
  if (kinds.has('redis')) programs.redis = findRedis();
  if (kinds.has('kafka')) programs.kafka = await cacheEntry(KAFKA_ENTRY, downloadKafka(onProgress), onProgress);
  if (kinds.has('registry')) {
    programs.registry = await cacheEntry(REGISTRY_ENTRY, downloadRegistry(onProgress), onProgress);
  }
  return programs;
}

async function provideMissing(lacks, mayInstall, onProgress) {
  const packages = [lacks.java && JAVA_PACKAGES, lacks.maven && ['maven']].filter(Boolean);
  const canUnpackRedis = mayInstall && onPath('apt-get') !== undefined && onPath('dpkg') !== undefined;
  const hopeless = (packages.length > 0 && !(mayInstall && canInstall())) || (lacks.redis && !canUnpackRedis);
  if (hopeless) throw new StackError(whatToInstall(lacks));
  if (packages.length > 0) await install(packages, onProgress);
  if (lacks.java && (await findJava()) === undefined) throw new StackError(whatToInstall({ java: true }));
  if (lacks.redis) await cacheEntry(REDIS_ENTRY, downloadRedis(onProgress), onProgress);
}

function whatToInstall(lacks) {
  const missing = [
    lacks.java && `Java ${JAVA_VERSION_MIN} or newer`,
    lacks.maven && 'Maven',
    lacks.redis && 'redis-server',
  ].filter(Boolean);
  const debian = [lacks.java && 'openjdk-17-jre-headless', lacks.maven && 'maven', lacks.redis && 'redis-server'];
  const brew = [lacks.java && 'openjdk', lacks.maven && 'maven', lacks.redis && 'redis'];
  const list = (names) => names.filter(Boolean).join(' ');
  const are = missing.length === 1 ? 'is' : 'are';
  return (
    `${missing.join(', ').replace(/, ([^,]*)$/, ' and $1')} ${are} missing on this machine: install ${missing.length === 1 ? 'it' : 'them'} ` +
    `(Debian, Ubuntu: apt-get install ${list(debian)}; macOS: brew install ${list(brew)}) and try again`
  );
}

async function findJava() {
  const home = process.env.JAVA_HOME;
  for (const java of [home && join(home, 'bin', 'java'), onPath('java')]) {
    if (!java || !existsSync(java)) continue;
    const { code, output } = await run(java, ['-version']);
    if (code === 0 && Number(/version "(\d+)/.exec(output)?.[1]) >= JAVA_VERSION_MIN) return java;
  }
  return undefined;
}

/** The machine's redis-server, or the one unpacked into our cache with the folder of the libraries that came with it. */
function findRedis() {
  const own = onPath('redis-server');
  if (own) return { command: own, env: {} };
  const unpacked = cached(REDIS_ENTRY);
  if (!unpacked) return undefined;
  const libraries = readdirSync(join(unpacked, 'usr', 'lib')).map((name) => join(unpacked, 'usr', 'lib', name));
  const path = [...libraries, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  return { command: join(unpacked, 'usr', 'bin', 'redis-server'), env: { LD_LIBRARY_PATH: path } };
}

function downloadKafka(onProgress) {
  const artifacts = [
    `org.apache.kafka:kafka_2.13:${KAFKA_VERSION}`,
    `org.apache.kafka:kafka-tools:${KAFKA_VERSION}`,
    // Kafka brings slf4j's interface but nothing behind it: without a binding its log stays empty.
    'org.slf4j:slf4j-simple:1.7.36',
  ];
  return (folder) =>
    copyWithDependencies({ title: `Kafka ${KAFKA_VERSION}`, artifacts, folder, megabytes: 80 }, onProgress);
}

function downloadRegistry(onProgress) {
  const artifact = `io.apicurio:apicurio-registry-app:${REGISTRY_VERSION}:tar.gz:all`;
  return async (folder) => {
    const title = `Apicurio Registry ${REGISTRY_VERSION}`;
    await copyArtifact({ title, artifact, folder, megabytes: 150 }, onProgress);
    for (const archive of readdirSync(folder).filter((name) => name.endsWith('.tar.gz'))) {
      const { code, output } = await run('tar', ['-xzf', join(folder, archive), '-C', folder]);
      if (code !== 0) throw new StackError(`${archive} could not be unpacked: ${output.trim().split('\n').at(-1)}`);
      await run('rm', [join(folder, archive)]);
    }
  };
}

function downloadRedis(onProgress) {
  return (folder) => {
    onProgress('redis-server is missing: unpacking it from Debian into the cache, nothing is installed');
    return unpack('redis-server', folder, onProgress);
  };
}
