// For a connection that many small questions share: all that one turn of the event loop asks of Redis goes out in one write, and
// the answers come back alike. A write for each command was most of what an API under load cost, here and in Redis. Commands stay what
// they were, each with its own answer and its own error: this is no pipeline.

import { Cluster, type Redis } from 'ioredis';
import type { RedisClient } from './redis-target.ts';

/** Collects the writes of the client's sockets, those that it opens later included. */
export function collectWrites(client: RedisClient): void {
  if (client instanceof Cluster) {
    for (const node of client.nodes()) ofNode(node);
    client.on('+node', ofNode);
  } else ofNode(client);
}

function ofNode(node: Redis): void {
  // Each time that it connects anew it has another socket.
  node.on('connect', () => ofSocket(node.stream));
}

function ofSocket(socket: Redis['stream']): void {
  const write = socket.write.bind(socket);
  socket.write = ((...args: Parameters<typeof write>) => {
    if (socket.writableCorked === 0) {
      socket.cork();
      setImmediate(() => socket.uncork());
    }
    return write(...args);
  }) as typeof socket.write;
}
