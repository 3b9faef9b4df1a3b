// One client of /api/changes: server-sent events, written as long as the client keeps up. What it has not taken is bounded;
// beyond that it is told so and let go, so that it slows nobody and may come back.

import type { ServerResponse } from 'node:http';

/** Bytes that may wait for a client. */
const WAITING_BYTES_MAX = 1_048_576;
/** A client that is let go has this long to take what waits for it, ms. */
const FAREWELL_MS = 5_000;
const BEAT_EVERY_MS = 15_000;
/** What a timer can wait, 24.8 days; what is longer would end at once. */
const TIMER_MS_MAX = 2_147_483_647;

/** @param data JSON text @param id where the stream can go on */
export function eventText(event: string, data: string, id?: string): string {
  return `event: ${event}\n${id === undefined ? '' : `id: ${id}\n`}data: ${data}\n\n`;
}

export class EventStream {
  readonly #response: ServerResponse;
  readonly #onDropped: () => void;
  readonly #beat: NodeJS.Timeout;
  readonly #ends: (() => void)[] = [];
  #isOver = false;

  /** @param headers those of the answer, beside its own */
  constructor(response: ServerResponse, headers: Readonly<Record<string, string>>, onDropped: () => void) {
    this.#response = response;
    this.#onDropped = onDropped;
    response.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      // Some proxies collect answers unless they are told not to.
      'x-accel-buffering': 'no',
    });
    response.write('retry: 2000\n\n');
    this.#beat = setInterval(() => this.#write(': \n\n'), BEAT_EVERY_MS);
    response.on('close', () => this.#end());
    response.on('error', () => this.#end());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Called once, when nothing more is sent; at once where that is so already. */
  onEnd(end: () => void): void {
    if (this.#isOver) end();
    else this.#ends.push(end);
  }

  /** @param data JSON text */
  send(event: string, data: string): void {
    this.#write(eventText(event, data));
  }

  /** Events as `eventText` writes them, made once for many clients. */
  sendWritten(events: Buffer): void {
    this.#write(events);
  }

  close(reason: string): void {
    if (this.#isOver) return;
    this.#end();
    this.#response.end(`event: dropped\ndata: ${JSON.stringify({ reason })}\n\n`);
    const late = setTimeout(() => this.#response.destroy(), FAREWELL_MS);
    late.unref();
    this.#response.on('close', () => clearTimeout(late));
  }

  /** @param moment epoch ms by this machine's clock, however far */
  closeAt(moment: number, reason: string): void {
    let timer: NodeJS.Timeout;
    const look = () => {
      const left = moment - Date.now();
      if (left <= 0) this.close(reason);
      else timer = setTimeout(look, Math.min(left, TIMER_MS_MAX));
    };
    look();
    this.onEnd(() => clearTimeout(timer));
  }

  #write(text: string | Buffer): void {
    if (this.#isOver) return;
    this.#response.write(text);
    if (this.#response.writableLength <= WAITING_BYTES_MAX) return;
    this.#onDropped();
    this.close('this client took too little of what came: come back with Last-Event-ID, or ask for less');
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#beat);
    for (const end of this.#ends) end();
  }
}
