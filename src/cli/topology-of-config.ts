// The topology under the names that this process was given.

import type { Config } from '../config.ts';
import { type Topology, topologyOf } from '../topology.ts';

export function topologyOfConfig(config: Config): Topology {
  return topologyOf({
    inputTopic: config.input_topic,
    group: config.group,
    failuresTopic: config.failures_topic,
    jobCreationsTopic: config.job_creations_topic,
    rejectsTopic: config.rejects_topic,
  });
}
