import { connect } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type HttpListener, type HttpRoutes, listen } from '../../src/observe/http-listener.ts';
import { parseListenAddress } from '../../src/setting.ts';

const open: HttpListener[] = [];
afterEach(async () => {
  for (const listener of open.splice(0)) await listener.close();
});

async function listening(routes: HttpRoutes): Promise<string> {
  const listener = await listen({ host: '127.0.0.1', port: 0 }, routes);
  open.push(listener);
  return listener.url;
}

const text = (body: string, status = 200) => ({ status, contentType: 'text/plain; charset=utf-8', body });

test('an address is a port of the loopback, host:port, or [address]:port', () => {
  expect(parseListenAddress('9464')).toEqual({ host: '127.0.0.1', port: 9464 });
  expect(parseListenAddress('0.0.0.0:0')).toEqual({ host: '0.0.0.0', port: 0 });
  expect(parseListenAddress('[::1]:80')).toEqual({ host: '::1', port: 80 });
  for (const wrong of ['', 'off', 'localhost', ':9464', '1.2.3.4:', '65536', 'a b:1', '::1:80', 'http://a:1']) {
    expect(parseListenAddress(wrong), wrong).toBeNull();
  }
});

test('port 0 is a free one, which the listener names', async () => {
  const url = await listening({ '/a': () => text('yes') });
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  const answer = await fetch(`${url}/a?with=query`);
  expect([answer.status, await answer.text()]).toEqual([200, 'yes']);
});

test('a route may be asked by GET and HEAD alone, and other paths are not there', async () => {
  const url = await listening({ '/a': async () => text('no', 503) });
  expect((await fetch(`${url}/a`)).status).toBe(503);
  const head = await fetch(`${url}/a`, { method: 'HEAD' });
  expect([head.status, await head.text(), head.headers.get('content-length')]).toEqual([503, '', '2']);
  const post = await fetch(`${url}/a`, { method: 'POST', body: 'x' });
  expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  for (const path of ['/', '/b', '/constructor', '/__proto__']) expect((await fetch(url + path)).status).toBe(404);
});

test('a route that fails answers 500, and tells the client nothing of why', async () => {
  const url = await listening({
    '/a': () => {
      throw new Error('redis://:geheim@host');
    },
  });
  const answer = await fetch(`${url}/a`);
  expect(answer.status).toBe(500);
  expect(await answer.text()).not.toContain('geheim');
});

test('an address that is taken is an error, not a listener that nobody reaches', async () => {
  const url = new URL(await listening({}));
  await expect(listen({ host: '127.0.0.1', port: Number(url.port) }, {})).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

test('closing cuts a client that holds its connection open', async () => {
  const url = new URL(await listening({ '/a': () => text('yes') }));
  const socket = connect(Number(url.port), url.hostname);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write('GET /a HTTP/1.1\r\n');
  const cut = new Promise((resolve) => socket.once('close', resolve));
  socket.on('error', () => {});
  await open.pop()!.close();
  await cut;
});
