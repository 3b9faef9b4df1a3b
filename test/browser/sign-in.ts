// The form that asks for a token: what it says of a wrong one, of an issuer that is away, and that a right one gets in.

import { createHash, randomBytes } from 'node:crypto';
import type { Browser } from 'playwright-core';
import { expect } from 'vitest';
import { AUDIENCE, ISSUER, KeyServer, sign, signingKey } from '../serve/key-server.ts';
import type { Deployment } from '../system/deployment.ts';
import { LivePage, PHONE } from './live-page.ts';

export interface Guarded {
  readonly url: string;
  readonly token: string;
  /** a token of the issuer, whose keys are away */
  readonly signed: string;
}

/** From then on nothing is asked again by itself: what still comes has been asked for. */
const HOLD_POLLS = `(() => {
  const later = setTimeout;
  window.setTimeout = (work, ms, ...more) =>
    later(() => { if (!(window.arePollsHeld && ms >= 500)) work(...more); }, ms);
})()`;

/** An API that wants tokens, or those of an issuer that does not answer. */
export async function startGuarded(deployment: Deployment): Promise<Guarded> {
  const token = randomBytes(16).toString('hex');
  const key = await signingKey('key-1');
  const keys = await KeyServer.start(key);
  keys.answer = (response) => response.writeHead(500).end();
  const serve = deployment.start(['serve', '--listen', '127.0.0.1:0'], {
    TASKFOLD_API_TOKENS: createHash('sha256').update(token).digest('hex'),
    TASKFOLD_API_JWT_ISSUER: ISSUER,
    TASKFOLD_API_JWT_AUDIENCE: AUDIENCE,
    TASKFOLD_API_JWT_KEYS: keys.url,
  });
  await serve.untilLogged('serving');
  return { url: String(serve.logged('serving')[0]!.url), token, signed: await sign(key) };
}

export async function lookAtSignIn(browser: Browser, { url, token, signed }: Guarded): Promise<void> {
  const live = await LivePage.open(browser, url);
  const { page } = live;
  const field = page.getByLabel('Token');
  const give = async (text: string) => {
    await field.fill(text);
    await page.keyboard.press('Enter');
  };
  await page.addInitScript(HOLD_POLLS);
  await live.show('/');
  await live.reads('A token is needed');
  await live.reads('Not signed in');
  expect(await field.evaluate((one) => one === one.ownerDocument.activeElement)).toBe(true);
  expect(await page.getByText('lets nobody in').count()).toBe(0);

  await give('not-a-token');
  await live.reads('This token lets nobody in.');
  for (const theme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: theme });
    await live.expectAccessible(`the form, ${theme}`);
    await live.picture(`sign-in-${theme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });

  await give(signed);
  await live.reads('The issuer of tokens is away.');
  await live.reads('Issuer away');
  await page.setViewportSize(PHONE);
  await live.expectNoSideways('the form on a phone');
  await live.picture('sign-in-phone');

  await page.evaluate('window.arePollsHeld = true');
  await give(token);
  await page.locator('.conservation .count').first().waitFor();
  await live.reads('Live');
  expect(await field.count()).toBe(0);
  expect(live.complaints).toEqual([]);
  await live.close();
}
