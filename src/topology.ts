// What Taskfold is made of in Kafka: topics, keys, schemas, groups and transactional ids, in one expression made from a
// handful of names. Nothing else spells a topic, a subject or a group.

/** The names that an operator chooses. */
export interface TopologyNames {
  readonly inputTopic: string;
  readonly group: string;
  readonly failuresTopic?: string;
  readonly jobCreationsTopic?: string;
  readonly rejectsTopic?: string;
}

/** How a topic is to be, and what lies in it. */
export interface TopicPlan {
  readonly topic: string;
  /** what a record is keyed by */
  readonly key: string;
  /** the value's schema: a file of schemas/ and its subject in the registry; null: plain JSON, private to Taskfold */
  readonly schema: { readonly file: SchemaFile; readonly subject: string } | null;
  /** `chosen` by the operator, once; `as_input`: as many as the input topic; or a fixed number */
  readonly partitions: 'chosen' | 'as_input' | 1;
  /** `LogAppendTime`: the broker's clock is log time, which the fold reads */
  readonly timestampType: 'LogAppendTime' | 'CreateTime';
  /** what `max.message.bytes` has to be at least, where records up to `copyBytesMax` are copied; bytes */
  readonly messageBytesMin: (copyBytesMax: number) => number;
  /** which retention it takes when it is created; `for_ever`: without limit */
  readonly retention: 'input' | 'output' | 'for_ever';
}

export type SchemaFile = 'task-status.avsc' | 'task-failures.avsc' | 'job-creations.avsc' | 'task-status-rejects.avsc';

export interface Topology {
  readonly input: TopicPlan;
  readonly failures: TopicPlan;
  readonly jobCreations: TopicPlan;
  readonly rejects: TopicPlan;
  /** verdicts of the registry: which record names a schema id that it denies */
  readonly verdicts: TopicPlan;
  /** which rejected records were replayed, when and whither */
  readonly replays: TopicPlan;
  /** all of them, the input first */
  readonly topics: readonly TopicPlan[];
  readonly groups: {
    /** the processors' membership */
    readonly members: string;
    /** C, next input offset whose notices are not yet committed; a group without members */
    readonly emitted: string;
  };
  /** The one transactional id under which the notices of an input partition leave. */
  readonly transactionalId: (partition: number) => string;
  /** The one under which rejected records are replayed. */
  readonly replayTransactionalId: string;
}

/** Room for what Taskfold adds to a record that it copies: headers, coordinates, the wire format's head. Bytes. */
export const COPY_ROOM_BYTES = 65_536;

/** The topology of these names. Two groups on one input topic need outgoing topics of their own. */
export function topologyOf(names: TopologyNames): Topology {
  const { inputTopic, group } = names;
  const input: TopicPlan = {
    topic: inputTopic,
    key: 'internal_task_id',
    schema: { file: 'task-status.avsc', subject: `${inputTopic}-value` },
    partitions: 'chosen',
    timestampType: 'LogAppendTime',
    // A record of another partition's task is copied within the input, with two headers more.
    messageBytesMin: (copyBytesMax) => copyBytesMax + COPY_ROOM_BYTES,
    retention: 'input',
  };
  const outgoing = (topic: string, key: string, file: SchemaFile): TopicPlan => ({
    topic,
    key,
    schema: { file, subject: `${topic}-value` },
    partitions: 'as_input',
    timestampType: 'CreateTime',
    messageBytesMin: (copyBytesMax) => input.messageBytesMin(copyBytesMax) + COPY_ROOM_BYTES,
    retention: 'output',
  });
  const failures = outgoing(names.failuresTopic ?? 'task-failures', 'internal_task_id', 'task-failures.avsc');
  const jobCreations = outgoing(
    names.jobCreationsTopic ?? 'job-creations',
    'internal_job_id, where there is none internal_task_id',
    'job-creations.avsc',
  );
  const rejects = outgoing(
    names.rejectsTopic ?? 'task-status-rejects',
    'the key of the rejected record',
    'task-status-rejects.avsc',
  );
  const memory = (topic: string, key: string): TopicPlan => ({
    topic,
    key,
    schema: null,
    partitions: 1,
    timestampType: 'CreateTime',
    messageBytesMin: () => COPY_ROOM_BYTES,
    retention: 'for_ever',
  });
  const verdicts = memory(`${group}.schemas`, 'input partition and offset');
  const replays = memory(`${group}.replays`, 'partition and offset of the rejected record in the input');
  return {
    input,
    failures,
    jobCreations,
    rejects,
    verdicts,
    replays,
    topics: [input, failures, jobCreations, rejects, verdicts, replays],
    groups: { members: group, emitted: `${group}.emitted` },
    transactionalId: (partition) => `taskfold.${group}.${inputTopic}.${partition}`,
    replayTransactionalId: `taskfold.${group}.${inputTopic}.replay`,
  };
}
