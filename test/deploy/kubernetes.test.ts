// The manifests of deploy/kubernetes: read, held against the schemas of the Kubernetes API, KEDA and the Prometheus operator, and
// against the project. No machine of ours runs them.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScaledObject } from '@kubernetes-models/keda/keda.sh/v1alpha1/ScaledObject';
import { PodMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor';
import { Deployment } from 'kubernetes-models/apps/v1/Deployment';
import { Job } from 'kubernetes-models/batch/v1/Job';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget';
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap';
import { Service } from 'kubernetes-models/v1/Service';
import { ServiceAccount } from 'kubernetes-models/v1/ServiceAccount';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createProgram } from '../../src/cli/program.ts';
import { readConfig } from '../../src/cli/read-config.ts';
import { parseListenAddress } from '../../src/setting.ts';
import { unreadFields } from './unread-fields.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'deploy/kubernetes');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

const MODELS = {
  ConfigMap,
  Deployment,
  Job,
  NetworkPolicy,
  PodDisruptionBudget,
  PodMonitor,
  ScaledObject,
  Service,
  ServiceAccount,
};
type Kind = keyof typeof MODELS;

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8'), { merge: true });
const kustomizations = files.filter((file) => file.endsWith('kustomization.yaml'));
const manifests = files.filter((file) => !kustomizations.includes(file));
// biome-ignore lint/suspicious/noExplicitAny: what a manifest holds was held against its schema
const of = (kind: Kind, name?: string): any =>
  manifests.map(read).find((one) => one.kind === kind && (name === undefined || one.metadata.name === name));
const processors = of('Deployment', 'taskfold');
const api = of('Deployment', 'taskfold-serve');
const settings = of('ConfigMap', 'taskfold-settings').data;
/** What the API is given; the Secret that its user makes comes on top. */
const apiSettings = { ...settings, ...of('ConfigMap', 'taskfold-serve-settings').data };
const apiSecrets = { TASKFOLD_API_TOKENS: 'a'.repeat(64), REDIS_PASSWORD: 'reads' };

/** What the schema of its kind says of a manifest; fields that the schema does not know are told as well. */
function problemsOf(manifest: { kind: Kind; apiVersion: string }): string[] {
  const Model = MODELS[manifest.kind];
  if (Model.apiVersion !== manifest.apiVersion) return [`${manifest.apiVersion}: not ${Model.apiVersion}`];
  const { unread, copy } = unreadFields(manifest);
  try {
    // A model that is made of it would be a copy that has read all of it.
    Model.prototype.validate.call(copy as never);
  } catch (error) {
    return [(error as Error).message];
  }
  return unread().map((path) => `${path}: no field of ${manifest.kind}`);
}

describe.each(manifests)('%s', (file) => {
  test('is what the schema of its kind takes, without a field that it does not know', () => {
    expect(problemsOf(read(file))).toEqual([]);
  });

  test('is part of a kustomization', () => {
    const named = kustomizations.flatMap((one) =>
      read(one).resources.map((resource: string) => join(one, '..', resource)),
    );
    expect(named).toContain(file);
  });
});

test('a wrong type, a missing field and a misspelt one would be noticed', () => {
  const wrong = (change: (manifest: ReturnType<typeof of>) => void) => {
    const manifest = structuredClone(processors);
    change(manifest);
    return problemsOf(manifest).join();
  };
  expect(wrong((manifest) => (manifest.spec.replicas = 'two'))).toContain('/spec/replicas');
  expect(wrong((manifest) => delete manifest.spec.selector)).toContain('selector');
  expect(wrong((manifest) => (manifest.spec.template.spec.containers[0].readinesProbe = {}))).toContain(
    'readinesProbe',
  );
});

test('what a kustomization names is there', () => {
  for (const one of kustomizations) {
    for (const resource of read(one).resources)
      expect(existsSync(join(folder, one, '..', resource)), resource).toBe(true);
  }
});

const podSpecs = [processors, api, of('Job')].map(({ spec }) => spec.template.spec);
const containers = podSpecs.flatMap((spec) => [...(spec.initContainers ?? []), ...spec.containers]);

test('the settings are settings, with values that they take', () => {
  expect(() => readConfig(settings)).not.toThrow();
  expect(() => readConfig({ ...settings, TASKFOLD_PARTITONS: '3' })).toThrow('TASKFOLD_PARTITIONS');
  expect(() => readConfig({ ...apiSettings, ...apiSecrets })).not.toThrow();
});

test('the API does not start without its Secret, or where that has no tokens, and knows none of the processors’ logins', () => {
  const { envFrom } = api.spec.template.spec.containers[0];
  expect(envFrom).toEqual([
    { configMapRef: { name: 'taskfold-settings' } },
    { configMapRef: { name: 'taskfold-serve-settings' } },
    { secretRef: { name: 'taskfold-serve-secrets' } },
  ]);
  const { TASKFOLD_API_TOKENS: _, ...others } = apiSecrets;
  expect(() => readConfig({ ...apiSettings, ...others })).toThrow('TASKFOLD_API_TOKENS');
});

test('every container runs this version, a command that exists, without rights and with nothing to write to', async () => {
  const program = await createProgram();
  const commands = (args: readonly string[]) =>
    args.reduce<typeof program | undefined>(
      (command, name) => command?.commands.find((one) => one.name() === name),
      program,
    );
  expect(containers).toHaveLength(4);
  for (const { image, args, securityContext, resources } of containers) {
    expect(image).toBe(`taskfold:${version}`);
    expect(commands(args)?.commands, args.join(' ')).toEqual([]);
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    expect(resources.limits.memory).toBeDefined();
  }
  for (const { securityContext } of podSpecs) {
    expect(securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
  }
});

test.each([
  { what: 'the processors', deployment: processors, port: 'observe', listens: settings.TASKFOLD_OBSERVE_LISTEN },
  { what: 'the API', deployment: api, port: 'api', listens: apiSettings.TASKFOLD_LISTEN },
])('the probes of $what ask for the health that is answered, where it is answered', ({ deployment, port, listens }) => {
  const [container] = deployment.spec.template.spec.containers;
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port });
  expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port });
  const [{ name, containerPort }] = container.ports;
  expect(name).toBe(port);
  // A listener on the loopback of the pod could not be probed.
  expect(parseListenAddress(listens)).toEqual({ host: '0.0.0.0', port: containerPort });
});

test('scrapers are led to where the processors answer', () => {
  const { template } = processors.spec;
  const [{ containerPort }] = template.spec.containers[0].ports;
  expect(template.metadata.annotations['prometheus.io/port']).toBe(String(containerPort));
});

test('a stop has the time that draining and leaving the group take', () => {
  const { config } = readConfig(settings);
  expect(processors.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(config.drain_ms_max / 1_000 + 3);
});

test('whatever selects pods selects the processors, or the API, and only the policy of all ports selects both', () => {
  const labels = { processors: processors.spec.template.metadata.labels, api: api.spec.template.metadata.labels };
  const selects = (selector: Record<string, string>) =>
    Object.entries(labels).flatMap(([whose, these]) =>
      Object.entries(selector).every(([name, value]) => these[name] === value) ? [whose] : [],
    );
  expect(selects(processors.spec.selector.matchLabels)).toEqual(['processors']);
  expect(selects(of('PodDisruptionBudget', 'taskfold').spec.selector.matchLabels)).toEqual(['processors']);
  expect(selects(of('PodMonitor').spec.selector.matchLabels)).toEqual(['processors']);
  expect(selects(of('NetworkPolicy', 'taskfold').spec.podSelector.matchLabels)).toEqual(['processors', 'api']);
  expect(selects(api.spec.selector.matchLabels)).toEqual(['api']);
  expect(selects(of('PodDisruptionBudget', 'taskfold-serve').spec.selector.matchLabels)).toEqual(['api']);
  expect(selects(of('Service').spec.selector)).toEqual(['api']);
  expect(selects(of('NetworkPolicy', 'taskfold-serve').spec.podSelector.matchLabels)).toEqual(['api']);
});

test('each port is opened by one rule, to the namespaces that bear its label', () => {
  const opened = (name: string) =>
    of('NetworkPolicy', name).spec.ingress.map(({ from, ports }: { from: unknown; ports: { port: string }[] }) => [
      from,
      ports.map(({ port }) => port),
    ]);
  const namespaces = (label: string) => [{ namespaceSelector: { matchLabels: { [label]: 'true' } } }];
  expect(opened('taskfold')).toEqual([[namespaces('taskfold.io/scrapes'), ['observe']]]);
  expect(opened('taskfold-serve')).toEqual([[namespaces('taskfold.io/asks'), ['api']]]);
  expect(of('Service').spec.ports.map(({ targetPort }: { targetPort: string }) => targetPort)).toEqual(['api']);
});

test('the autoscaler scales these processors, never to 0, and never beyond the number of partitions', () => {
  const { spec } = of('ScaledObject');
  const { config } = readConfig(settings);
  expect(spec.scaleTargetRef.name).toBe(processors.metadata.name);
  expect(spec.minReplicaCount).toBeGreaterThan(0);
  expect(spec.maxReplicaCount).toBeLessThanOrEqual(config.partitions);
  expect(spec.maxReplicaCount).toBeGreaterThanOrEqual(spec.minReplicaCount);
  // Kafka's own lag counts halted partitions, which no processor can help.
  expect(spec.triggers.map(({ type }: { type: string }) => type)).toEqual(['prometheus']);
  expect(spec.triggers[0].metadata.query).toContain('taskfold_foldable_lag_records');
});
