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
  ServiceAccount,
};
type Kind = keyof typeof MODELS;

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'));
const read = (file: string) => parse(readFileSync(join(folder, file), 'utf8'), { merge: true });
const kustomizations = files.filter((file) => file.endsWith('kustomization.yaml'));
const manifests = files.filter((file) => !kustomizations.includes(file));
// biome-ignore lint/suspicious/noExplicitAny: what a manifest holds was held against its schema
const of = (kind: Kind): any => manifests.map(read).find((manifest) => manifest.kind === kind);

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
    const manifest = structuredClone(of('Deployment'));
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

const podSpecs = [of('Deployment'), of('Job')].map(({ spec }) => spec.template.spec);
const containers = podSpecs.flatMap((spec) => [...(spec.initContainers ?? []), ...spec.containers]);

test('the settings are settings, with values that they take', () => {
  const { data } = of('ConfigMap');
  expect(() => readConfig(data)).not.toThrow();
  expect(() => readConfig({ ...data, TASKFOLD_PARTITONS: '3' })).toThrow('TASKFOLD_PARTITIONS');
});

test('every container runs this version, a command that exists, without rights and with nothing to write to', async () => {
  const program = await createProgram();
  const commands = (args: readonly string[]) =>
    args.reduce<typeof program | undefined>(
      (command, name) => command?.commands.find((one) => one.name() === name),
      program,
    );
  expect(containers).toHaveLength(3);
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

test('the probes ask for the health that the processor answers, where it answers', () => {
  const [container] = of('Deployment').spec.template.spec.containers;
  expect(container.readinessProbe.httpGet).toEqual({ path: '/readyz', port: 'observe' });
  expect(container.livenessProbe.httpGet).toEqual({ path: '/livez', port: 'observe' });
  const [{ containerPort }] = container.ports;
  // A listener on the loopback of the pod could not be probed.
  expect(parseListenAddress(of('ConfigMap').data.TASKFOLD_OBSERVE_LISTEN)).toEqual({
    host: '0.0.0.0',
    port: containerPort,
  });
  expect(of('Deployment').spec.template.metadata.annotations['prometheus.io/port']).toBe(String(containerPort));
});

test('a stop has the time that draining and leaving the group take', () => {
  const { config } = readConfig(of('ConfigMap').data);
  expect(of('Deployment').spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
    config.drain_ms_max / 1_000 + 3,
  );
});

test('whatever selects pods selects the processors', () => {
  const { labels } = of('Deployment').spec.template.metadata;
  const selectors = [
    of('Deployment').spec.selector.matchLabels,
    of('PodDisruptionBudget').spec.selector.matchLabels,
    of('NetworkPolicy').spec.podSelector.matchLabels,
    of('PodMonitor').spec.selector.matchLabels,
  ];
  for (const selector of selectors) expect(labels).toMatchObject(selector);
});

test('the autoscaler scales these processors, never to 0, and never beyond the number of partitions', () => {
  const { spec } = of('ScaledObject');
  const { config } = readConfig(of('ConfigMap').data);
  expect(spec.scaleTargetRef.name).toBe(of('Deployment').metadata.name);
  expect(spec.minReplicaCount).toBeGreaterThan(0);
  expect(spec.maxReplicaCount).toBeLessThanOrEqual(config.partitions);
  expect(spec.maxReplicaCount).toBeGreaterThanOrEqual(spec.minReplicaCount);
  // Kafka's own lag counts halted partitions, which no processor can help.
  expect(spec.triggers.map(({ type }: { type: string }) => type)).toEqual(['prometheus']);
  expect(spec.triggers[0].metadata.query).toContain('taskfold_foldable_lag_records');
});
