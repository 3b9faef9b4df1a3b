// A user for one deployment with exactly the rights that `taskfold doctor` asks for, at Kafka and at Redis: what the system
// suite does with it, others can do with it too.
import { randomBytes } from 'node:crypto';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { inject } from 'vitest';
import { type KafkaOperation, type KafkaRight, neededRights } from '../../src/cli/doctor/kafka-rights.ts';
import { connectRedis } from '../../src/redis/connect.ts';
import { neededAclRules } from '../../src/redis/needed-rights.ts';
import type { Topology } from '../../src/topology.ts';
import { plainKafka, redisTargetOf } from './clients.ts';
import { RESTRICTED, securityIn } from './security.ts';
import type { Environment } from './taskfold-process.ts';

const RESOURCES: Readonly<Record<KafkaRight['resource'], AclResourceTypes>> = {
  topic: AclResourceTypes.TOPIC,
  group: AclResourceTypes.GROUP,
  'transactional-id': AclResourceTypes.TRANSACTIONAL_ID,
};
const OPERATIONS: Readonly<Record<KafkaOperation, AclOperationTypes>> = {
  Read: AclOperationTypes.READ,
  Write: AclOperationTypes.WRITE,
  Describe: AclOperationTypes.DESCRIBE,
  DescribeConfigs: AclOperationTypes.DESCRIBE_CONFIGS,
};

/** The same settings with other logins; unchanged where the services ask for none. @param admin who may grant rights */
export async function withNeededRights(admin: Environment, topology: Topology): Promise<Environment> {
  if (inject('kind') !== 'secured') return admin;
  const security = await securityIn(inject('securityFolder'));
  await grantAtKafka(admin, neededRights(topology), RESTRICTED);
  const user = admin.TASKFOLD_GROUP!;
  const password = randomBytes(12).toString('hex');
  await grantAtRedis(admin, user, password, neededAclRules(admin.TASKFOLD_REDIS_PREFIX!, admin.TASKFOLD_GROUP!));
  const { REDIS_PASSWORD_FILE: _admins, ...others } = admin;
  return {
    ...others,
    KAFKA_USERNAME: RESTRICTED,
    KAFKA_PASSWORD_FILE: security.passwordFile(RESTRICTED),
    REDIS_USERNAME: user,
    REDIS_PASSWORD: password,
  };
}

export async function grantAtKafka(admin: Environment, rights: readonly KafkaRight[], user: string): Promise<void> {
  const client = plainKafka(admin).admin();
  await client.connect();
  await client.createAcls({
    acl: rights.flatMap(({ resource, name, pattern, operations }) =>
      operations.map((operation) => ({
        resourceType: RESOURCES[resource],
        resourceName: name,
        resourcePatternType: pattern === 'literal' ? ResourcePatternTypes.LITERAL : ResourcePatternTypes.PREFIXED,
        principal: `User:${user}`,
        host: '*',
        operation: OPERATIONS[operation],
        permissionType: AclPermissionTypes.ALLOW,
      })),
    ),
  });
  await client.disconnect();
}

/** Kept through restarts. */
export async function grantAtRedis(admin: Environment, user: string, password: string, rules: readonly string[]) {
  const connection = connectRedis(redisTargetOf(admin));
  await connection.ready(10_000);
  for (const master of await connection.masters()) {
    await master.call('ACL', 'SETUSER', user, 'on', `>${password}`, ...rules);
    await master.call('ACL', 'SAVE');
  }
  connection.close();
}
