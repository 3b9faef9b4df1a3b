// What the page knows of the rest of Taskfold: the types of the API's documents, and nothing that runs.

import type { z } from 'zod';
import type { AsOf } from '../serve/common-documents.ts';
import type {
  engine,
  engineAnswer,
  enginesAnswer,
  FleetAnswer,
  fleet,
  job,
  jobAnswer,
  jobsAnswer,
  PartitionsAnswer,
  partition,
  RejectsAnswer,
  reject,
  SearchAnswer,
} from '../serve/fleet-documents.ts';
import type {
  explainedUpdate,
  TaskRow,
  task,
  taskAnswer,
  tasksAnswer,
  updatesAnswer,
} from '../serve/task-documents.ts';

export type { AsOf, FleetAnswer, PartitionsAnswer, RejectsAnswer, SearchAnswer, TaskRow };
export type ExactCount = number | string;
export type FleetDocument = z.infer<typeof fleet>;
export type JobDocument = z.infer<typeof job>;
export type EngineDocument = z.infer<typeof engine>;
export type PartitionDocument = z.infer<typeof partition>;
export type RejectDocument = z.infer<typeof reject>;
export type TaskDocument = z.infer<typeof task>;
export type JobAnswer = z.infer<typeof jobAnswer>;
export type EngineAnswer = z.infer<typeof engineAnswer>;
export type JobsAnswer = z.infer<typeof jobsAnswer>;
export type EnginesAnswer = z.infer<typeof enginesAnswer>;
export type TaskAnswer = z.infer<typeof taskAnswer>;
export type TasksAnswer = z.infer<typeof tasksAnswer>;
export type ExplainedUpdate = z.infer<typeof explainedUpdate>;
export type UpdatesAnswer = z.infer<typeof updatesAnswer>;
