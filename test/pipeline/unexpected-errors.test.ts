import { describe, expect, test } from 'vitest';
import type { PipelinePorts } from '../../src/pipeline/context.ts';
import { Fault } from '../../src/pipeline/errors.ts';
import { cureOf } from '../../src/pipeline/halts.ts';
import { faultOf } from '../../src/pipeline/remedies.ts';
import { wrongs } from '../simulator/check-world.ts';
import { NO_FAULTS } from '../simulator/schedule.ts';
import { World } from '../simulator/world.ts';

/** Ports whose named call throws, as an error of our own code would, the first `times` times. */
function failing(where: 'encode' | 'decode' | 'save', times: number, error: () => Error) {
  let left = times;
  const fail = () => {
    if (left-- > 0) throw error();
  };
  return (ports: PipelinePorts): PipelinePorts => ({
    ...ports,
    encoder: {
      ...ports.encoder,
      encode(...args) {
        if (where === 'encode') fail();
        return ports.encoder.encode(...args);
      },
    },
    decoder: {
      ...ports.decoder,
      decode(value) {
        if (where === 'decode') fail();
        return ports.decoder.decode(value);
      },
    },
    slotStore: {
      ...ports.slotStore,
      async save(...args) {
        if (where === 'save') fail();
        return ports.slotStore.save(...args);
      },
    },
  });
}

const bug = () => new TypeError("Cannot read properties of undefined (reading 'length')");

async function run(mutate: (ports: PipelinePorts) => PipelinePorts) {
  const world = new World({ seed: 1, steps: 400, rates: NO_FAULTS, mutate });
  await world.run();
  return world;
}

describe('an error of our own code is not taken for a service that is away', () => {
  for (const where of ['encode', 'decode', 'save'] as const) {
    test(`${where}, at every try: the partition halts and says so`, async () => {
      const { halts, partitions } = await run(failing(where, Number.POSITIVE_INFINITY, bug));
      expect(halts.filter(({ code }) => code !== 'unexpected')).toEqual([]);
      expect(new Set(halts.map(({ partition }) => partition)).size).toBe(partitions);
    });

    test(`${where}, now and then: it is tried again, and nothing is lost or doubled`, async () => {
      const world = await run(failing(where, 2, bug));
      expect(world.halts).toEqual([]);
      expect(await wrongs(world)).toEqual([]);
    });
  }

  test('a halt of this kind names what failed, where, and a cure', () => {
    const { code, message } = faultOf(bug());
    expect(code).toBe('unexpected');
    expect(message).toMatch(
      /TypeError: Cannot read properties of undefined \(reading 'length'\), at .*unexpected-errors/,
    );
    expect(cureOf('unexpected', 7)).toContain('taskfold partitions resume 7');
  });

  test('a message that may quote a record does not show', () => {
    const { message } = faultOf(new Error('invalid "string": {"token":"secret"}'));
    expect(message).not.toContain('secret');
    expect(message).toMatch(/^Taskfold itself failed: Error, at .*unexpected-errors/);
    expect(faultOf('secret').message).toBe('Taskfold itself failed: a string was thrown.');
  });

  test('a fault stays what it is', () => {
    const fault = new Fault('fenced', 'somebody else');
    expect(faultOf(fault)).toBe(fault);
  });
});
