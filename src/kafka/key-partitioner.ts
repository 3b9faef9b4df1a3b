// The partition of an outgoing message: kafkajs' default, which for a key is Kafka's own. That of a key is reckoned by us: kafkajs
// allocates four kilobytes for each.

import { type ICustomPartitioner, Partitioners } from 'kafkajs';
import { partitionOf } from '../domain/home.ts';

export const createKeyPartitioner: ICustomPartitioner = () => {
  const others = Partitioners.DefaultPartitioner();
  return (asked) => {
    const { partition, key } = asked.message;
    const goesByKey = partition === undefined && Buffer.isBuffer(key);
    return goesByKey ? partitionOf(key, asked.partitionMetadata.length) : others(asked);
  };
};
