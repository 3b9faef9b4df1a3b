// A kafkajs object whose line to the broker can be cut just after the broker has done its work: the answer to a chosen
// kind of request never arrives.

import { connect, type Socket } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';

const API_KEYS = { Produce: 0, EndTxn: 26, AddOffsetsToTxn: 25, TxnOffsetCommit: 28 } as const;
export type LossyRequest = keyof typeof API_KEYS;

export interface LossyKafka {
  readonly kafka: Kafka;
  /** The answer to the next request of this kind is swallowed, then its line is cut. Resolves when that happened. */
  loseNextAnswerTo(request: LossyRequest): Promise<void>;
  /** The next request of this kind is swallowed itself, then its line is cut: the broker never sees it. */
  loseNext(request: LossyRequest): Promise<void>;
}

export function lossyKafka(brokers: readonly string[]): LossyKafka {
  let plan: { apiKey: number; what: 'answer' | 'request'; done: () => void } | null = null;

  const socketFactory = ({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }): Socket => {
    const socket = connect({ host, port }, onConnect);
    socket.setNoDelay(true);
    let waiting: (() => void) | null = null;
    const write = socket.write.bind(socket);
    const emit = socket.emit.bind(socket);
    socket.write = ((bytes: Buffer, ...rest: never[]) => {
      if (plan !== null && Buffer.isBuffer(bytes) && bytes.length > 6 && bytes.readInt16BE(4) === plan.apiKey) {
        const { what, done } = plan;
        plan = null;
        if (what === 'request') {
          cut(done);
          return true;
        }
        waiting = done;
      }
      return write(bytes, ...rest);
    }) as typeof socket.write;
    socket.emit = ((event: string, ...rest: unknown[]) => {
      if (event === 'data' && waiting !== null) {
        const done = waiting;
        waiting = null;
        cut(done);
        return true;
      }
      return emit(event as 'data', ...(rest as [Buffer]));
    }) as typeof socket.emit;
    const cut = (done: () => void) => {
      socket.destroy();
      emit('end');
      done();
    };
    return socket;
  };

  const lose = (request: LossyRequest, what: 'answer' | 'request') =>
    new Promise<void>((done) => {
      plan = { apiKey: API_KEYS[request], what, done };
    });
  return {
    kafka: new Kafka({ brokers: [...brokers], clientId: 'lossy', logLevel: logLevel.NOTHING, socketFactory }),
    loseNextAnswerTo: (request) => lose(request, 'answer'),
    loseNext: (request) => lose(request, 'request'),
  };
}
