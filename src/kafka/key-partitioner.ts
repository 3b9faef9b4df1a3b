// The partition of an outgoing message: kafkajs' default, which for a key is Kafka's own. That of a key is reckoned by us: kafkajs
// allocates four kilobytes for each.

import { type ICustomPartitioner, Partitioners } from 'kafkajs';
import { partitionOf } from '../domain/home.ts';

export const createKeyPartitioner: ICustomPartitioner = () => {
  const others = Partitioners.DefaultPartitioner();
  return (asked) => {
    const { partition, key } = asked.message;
    if ((partition ?? null) !== null || !Buffer.isBuffer(key)) return others(asked);
    return partitionOf(key, asked.partitionMetadata.length);
  };
};
