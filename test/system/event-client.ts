// A client of server-sent events as browsers are, with the header that they come back with.

import { request } from 'node:http';

export interface SentEvent {
  readonly event: string;
  readonly id?: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into documents of every kind.
  readonly data: any;
}

export interface EventClient {
  readonly events: SentEvent[];
  /** takes nothing more from the socket */
  pause(): void;
  resume(): void;
  /** resolves when the server has ended it */
  readonly ended: Promise<void>;
  close(): void;
}

export function followEvents(url: string, headers: Readonly<Record<string, string>> = {}): Promise<EventClient> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { headers }, (answer) => {
      const events: SentEvent[] = [];
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        const blocks = text.split('\n\n');
        text = blocks.pop()!;
        for (const block of blocks) {
          const fields = new Map(block.split('\n').map((line) => line.split(/: (.*)/s) as [string, string]));
          const [event, data, id] = [fields.get('event'), fields.get('data'), fields.get('id')];
          if (event !== undefined && data !== undefined) {
            events.push({ event, data: JSON.parse(data), ...(id === undefined ? {} : { id }) });
          }
        }
      });
      answer.on('error', () => {});
      const ended = new Promise<void>((done) => answer.on('close', done));
      resolve({
        events,
        ended,
        pause: () => answer.pause(),
        resume: () => answer.resume(),
        close: () => asked.destroy(),
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}
