// The rights that our Kafka user needs, and no more: what `taskfold doctor` prints where one is missing, and what the tests
// grant to the user that the whole system runs as.

import type { Topology } from '../../topology.ts';

export type KafkaOperation = 'Read' | 'Write' | 'Describe' | 'DescribeConfigs';

export interface KafkaRight {
  readonly resource: 'topic' | 'group' | 'transactional-id';
  readonly name: string;
  readonly pattern: 'literal' | 'prefixed';
  readonly operations: readonly KafkaOperation[];
}

/** Read includes Describe. To create topics one needs Create besides; operators may do that as somebody else. */
export function neededRights({ topics, groups, transactionalId }: Topology): KafkaRight[] {
  const ids = transactionalId(0).replace(/0$/, '');
  return [
    ...topics.map(({ topic }): KafkaRight => {
      return { resource: 'topic', name: topic, pattern: 'literal', operations: ['Read', 'Write', 'DescribeConfigs'] };
    }),
    { resource: 'group', name: groups.members, pattern: 'literal', operations: ['Read'] },
    { resource: 'group', name: groups.emitted, pattern: 'literal', operations: ['Read'] },
    { resource: 'transactional-id', name: ids, pattern: 'prefixed', operations: ['Describe', 'Write'] },
  ];
}

/** The command that grants a right. @param user its name, without "User:" */
export function grantCommand({ resource, name, pattern, operations }: KafkaRight, user: string): string {
  const allowed = operations.map((operation) => `--operation ${operation}`).join(' ');
  const how = pattern === 'prefixed' ? ' --resource-pattern-type prefixed' : '';
  return `kafka-acls.sh --add --allow-principal User:${user} ${allowed} --${resource} ${name}${how}`;
}
