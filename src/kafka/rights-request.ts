// What our user may do, as brokers say it themselves: Metadata (version 8) and DescribeGroups (version 3) can answer with the
// operations that whoever asks is authorized for. Metadata also says who holds a copy of what.

import type { WireRequest } from './kafkajs-internals.ts';
import { WireReader, WireWriter } from './wire.ts';

/** Kafka's numbers of operations, which are bits of the answers. */
export const OPERATION_BITS = { Read: 3, Write: 4, Create: 5, Describe: 8, DescribeConfigs: 10 } as const;
export type Operation = keyof typeof OPERATION_BITS;

export interface TopicRights {
  readonly topic: string;
  /** 0: none; 3: there is no such topic, or we may not know of it; 29: we may not ask */
  readonly errorCode: number;
  /** copies of each partition, and how many of them are in sync */
  readonly partitions: readonly { readonly replicas: number; readonly inSync: number }[];
  /** bits of {@link OPERATION_BITS} */
  readonly operations: number;
}

export interface ClusterRights {
  readonly brokers: number;
  readonly topics: readonly TopicRights[];
}

const API_METADATA = 3;
const API_DESCRIBE_GROUPS = 15;

export function topicRightsRequest(topics: readonly string[]): WireRequest<ClusterRights> {
  return {
    request: {
      apiKey: API_METADATA,
      apiVersion: 8,
      apiName: 'Metadata',
      encode: async () => {
        const body = new WireWriter().int32(topics.length);
        for (const topic of topics) body.string(topic);
        // No topic is to be created; not the cluster's operations, but the topics'.
        return body.int8(0).int8(0).int8(1).payload();
      },
    },
    response: { decode: async (bytes) => decodeTopics(new WireReader(bytes)), parse: async (answer) => answer },
  };
}

function decodeTopics(answer: WireReader): ClusterRights {
  answer.int32(); // throttle time
  const brokers = answer.int32();
  for (let broker = 0; broker < brokers; broker++) {
    answer.int32();
    answer.string();
    answer.int32();
    nullable(answer); // rack
  }
  nullable(answer); // cluster id
  answer.int32(); // controller
  const topics: TopicRights[] = [];
  for (let count = answer.int32(); count > 0; count--) {
    const errorCode = answer.int16();
    const topic = answer.string();
    answer.slice(1); // internal
    const partitions: { replicas: number; inSync: number }[] = [];
    for (let left = answer.int32(); left > 0; left--) {
      answer.int16();
      answer.int32(); // partition
      answer.int32(); // leader
      answer.int32(); // its epoch
      const [replicas, inSync] = [integers(answer), integers(answer)];
      integers(answer); // offline
      partitions.push({ replicas, inSync });
    }
    topics.push({ topic, errorCode, partitions, operations: answer.int32() });
  }
  return { brokers, topics };
}

export interface GroupRights {
  /** 0: none; 30: we may not ask */
  readonly errorCode: number;
  readonly operations: number;
}

/** To the group's coordinator. */
export function groupRightsRequest(group: string): WireRequest<GroupRights> {
  return {
    request: {
      apiKey: API_DESCRIBE_GROUPS,
      apiVersion: 3,
      apiName: 'DescribeGroups',
      encode: async () => new WireWriter().int32(1).string(group).int8(1).payload(),
    },
    response: { decode: async (bytes) => decodeGroup(new WireReader(bytes)), parse: async (answer) => answer },
  };
}

function decodeGroup(answer: WireReader): GroupRights {
  answer.int32(); // throttle time
  answer.int32(); // one group
  const errorCode = answer.int16();
  for (let texts = 0; texts < 4; texts++) answer.string(); // group, state, kind and name of its protocol
  for (let members = answer.int32(); members > 0; members--) {
    for (let texts = 0; texts < 3; texts++) answer.string();
    answer.slice(answer.int32());
    answer.slice(answer.int32());
  }
  return { errorCode, operations: answer.int32() };
}

/** Whether an answer's operations hold this one; what cannot be said counts as allowed. */
export function allows(operations: number, operation: Operation): boolean {
  // Brokers without an authorizer answer with the least number.
  return operations === -2_147_483_648 || (operations & (1 << OPERATION_BITS[operation])) !== 0;
}

function nullable(answer: WireReader): void {
  const size = answer.int16();
  answer.slice(size);
}

function integers(answer: WireReader): number {
  const count = answer.int32();
  answer.slice(4 * count);
  return count;
}
