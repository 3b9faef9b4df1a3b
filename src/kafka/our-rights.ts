// Asks a cluster for what our user may do with some topics and groups, whether they exist or not.

import type { Kafka } from 'kafkajs';
import { send } from './cluster-link.ts';
import { toFault } from './faults.ts';
import { createCluster } from './kafkajs-internals.ts';
import { type ClusterRights, type GroupRights, groupRightsRequest, topicRightsRequest } from './rights-request.ts';

export interface OurRights {
  readonly cluster: ClusterRights;
  /** by name */
  readonly groups: ReadonlyMap<string, GroupRights>;
}

/** @param nodeId any broker. @throws Fault service_unavailable */
export async function askForRights(
  kafka: Kafka,
  nodeId: number,
  topics: readonly string[],
  groups: readonly string[],
): Promise<OurRights> {
  const cluster = createCluster(kafka);
  try {
    await cluster.connect();
    await cluster.refreshMetadata();
    const rights = await send(await cluster.findBroker({ nodeId }), topicRightsRequest(topics));
    const found = new Map<string, GroupRights>();
    for (const group of groups) {
      const coordinator = await cluster.findGroupCoordinator({ groupId: group }).catch((error: unknown) => {
        if (Reflect.get(Object(error), 'code') === 30) return null;
        throw error;
      });
      found.set(
        group,
        coordinator === null ? { errorCode: 30, operations: 0 } : await send(coordinator, groupRightsRequest(group)),
      );
    }
    return { cluster: rights, groups: found };
  } catch (error) {
    throw toFault(error, 'asking Kafka for our rights');
  } finally {
    cluster.disconnect().catch(() => {});
  }
}
