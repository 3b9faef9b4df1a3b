// What the second fold of `verify` says of the fleet at some W of each partition: to hold answers against that were given
// while everything went on.

import { readConfig } from '../../src/cli/read-config.ts';
import { registryOptions } from '../../src/cli/service-targets.ts';
import { expectedFleet } from '../../src/cli/verify/expected-state.ts';
import { createPlainSchemas } from '../../src/cli/verify/plain-schemas.ts';
import { InputReplay } from '../../src/cli/verify/replay-input.ts';
import { registryAccess } from '../../src/connect/registry-access.ts';
import { createKafka } from '../../src/kafka/connection.ts';
import { kafkaConnectionOf } from '../support/clients.ts';
import type { Deployment } from './deployment.ts';

/** Figures by their published names, summed over the partitions; a figure of 0 is left out. */
export async function fleetAt(
  deployment: Deployment,
): Promise<(watermarks: ReadonlyMap<number, number>) => Promise<Map<string, number>>> {
  const { topology, admin, partitions: partitionCount } = deployment;
  const { config } = readConfig(admin);
  const slots = await deployment.reads.readSlots();
  const pins = slots.map(({ head }, partition) => [partition, { ...head!.pins, grown: false }] as const);
  const replay = new InputReplay({
    kafka: createKafka(kafkaConnectionOf(admin), 'read'),
    topic: topology.input.topic,
    verdictTopic: topology.verdicts.topic,
    group: config.group,
    schemas: createPlainSchemas(registryAccess(registryOptions(config)), config.service_timeout_ms),
    eras: [{ partitionCount, partitions: new Map(pins) }],
    onEvent() {},
    onCopy() {},
    onUnknownSchema() {},
  });
  return async (watermarks) => {
    await replay.advance(watermarks);
    const sums = new Map<string, number>();
    const add = (name: string, figure: number) => {
      if (figure !== 0) sums.set(name, (sums.get(name) ?? 0) + figure);
    };
    for (const fold of replay.folds.values()) {
      for (const [name, text] of expectedFleet(fold)) add(name, Number(text));
      for (const [outcome, times] of Object.entries(fold.outcomes)) {
        add(`updates.${outcome}`, times);
        add('updates.received', times);
      }
    }
    return sums;
  };
}

/** A fleet of the API in the same form. */
export function figuresOf(fleet: object, prefix = ''): Map<string, number> {
  const figures = new Map<string, number>();
  for (const [name, value] of Object.entries(fleet) as [string, unknown][]) {
    if (name === 'rejected_by_reason') continue;
    if (typeof value === 'number' && value !== 0) figures.set(prefix + name, value);
    else if (typeof value === 'object')
      for (const [inner, sum] of figuresOf(value!, `${prefix}${name}.`)) figures.set(inner, sum);
  }
  return figures;
}
