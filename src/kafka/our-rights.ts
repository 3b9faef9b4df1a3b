// Asks a cluster for what our user may do with some topics and groups, whether they exist or not.

import type { Kafka } from 'kafkajs';
import { send } from './cluster-link.ts';
import { toFault } from './faults.ts';
import { createCluster, type WireBroker } from './kafkajs-internals.ts';
import { type ClusterRights, type GroupRights, groupRightsRequest, topicRightsRequest } from './rights-request.ts';

export interface OurRights {
  readonly cluster: ClusterRights;
  /** by name */
  readonly groups: ReadonlyMap<string, GroupRights>;
}

const GROUP_NOT_AUTHORIZED = 30;

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
      const coordinator = await cluster.findGroupCoordinator({ groupId: group }).catch((error: unknown) => error);
      if (!(coordinator instanceof Error)) {
        found.set(group, await send(coordinator as WireBroker, groupRightsRequest(group)));
        continue;
      }
      // kafkajs keeps the reason to itself. Every broker says it: our right is looked at before who the coordinator is.
      const answer = await send(await cluster.findBroker({ nodeId }), groupRightsRequest(group));
      if (answer.errorCode !== GROUP_NOT_AUTHORIZED) throw coordinator;
      found.set(group, answer);
    }
    return { cluster: rights, groups: found };
  } catch (error) {
    throw toFault(error, 'asking Kafka for our rights');
  } finally {
    cluster.disconnect().catch(() => {});
  }
}
