import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { RecordsInHand } from '../../src/pipeline/records-in-hand.ts';

/** @returns who has been let in, in order, and how to let the time of a standstill pass */
function hand(max: number) {
  const pauses: (() => void)[] = [];
  const inHand = new RecordsInHand(max, { sleep: () => new Promise((resolve) => pauses.push(resolve)) });
  const admitted: string[] = [];
  const giveBack = new Map<string, () => void>();
  return {
    admitted,
    async take(name: string, records: number) {
      void inHand.take(records).then((back) => {
        admitted.push(name);
        giveBack.set(name, back);
      });
      await turn();
    },
    async giveBack(name: string) {
      giveBack.get(name)!();
      await turn();
    },
    async pass() {
      for (const over of pauses.splice(0)) over();
      await turn();
    },
  };
}

describe('records in hand', () => {
  test('are as many as there is room for; others wait in their order', async () => {
    const { take, giveBack, admitted } = hand(10);
    await take('a', 6);
    await take('b', 4);
    await take('c', 5);
    await take('d', 1);
    expect(admitted).toEqual(['a', 'b']);
    await giveBack('b');
    expect(admitted).toEqual(['a', 'b']);
    await giveBack('a');
    expect(admitted).toEqual(['a', 'b', 'c', 'd']);
  });

  test('may be more where nobody has any', async () => {
    const { take, giveBack, admitted } = hand(10);
    await take('large', 50);
    await take('small', 1);
    expect(admitted).toEqual(['large']);
    await giveBack('large');
    expect(admitted).toEqual(['large', 'small']);
  });

  test('of somebody who does not come on hold up the others for a second only', async () => {
    const { take, giveBack, pass, admitted } = hand(10);
    await take('stuck', 8);
    await take('brisk', 2);
    await take('first', 9);
    await take('second', 9);
    await giveBack('brisk');
    await pass();
    expect(admitted).toEqual(['stuck', 'brisk']);
    await pass();
    expect(admitted).toEqual(['stuck', 'brisk', 'first', 'second']);
    await take('third', 1);
    for (const name of ['first', 'second', 'stuck']) await giveBack(name);
    expect(admitted).toEqual(['stuck', 'brisk', 'first', 'second', 'third']);
  });
});
