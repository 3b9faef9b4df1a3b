// A local HTTP server in the place of a schema registry: it answers as the test says, or never.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

export interface MisbehavingRegistry {
  readonly url: string;
  /** paths asked for so far, in order */
  readonly asked: string[];
}

/** Answers with what `behave` says for a path; 'hang': no answer, 'stall': a head and half a body. */
export async function misbehavingRegistry(
  behave: (path: string, request: IncomingMessage) => [status: number, body: unknown] | 'hang' | 'stall',
): Promise<MisbehavingRegistry> {
  const asked: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    asked.push(request.url!);
    const answer = behave(request.url!, request);
    if (answer === 'hang') return;
    if (answer === 'stall') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' }).write('{"schema":');
      return;
    }
    const [status, body] = answer;
    response.writeHead(status, { 'content-type': 'application/vnd.schemaregistry.v1+json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

export const NOT_FOUND: [number, unknown] = [404, { error_code: 40403, message: 'Schema not found' }];
