// What the page knows of the rest of Taskfold: the types of the API's documents, and nothing that runs.

export type { ExactCount, FleetDocument } from '../read/fleet-document.ts';
export type { PartitionDocument } from '../read/partition-document.ts';
export type { EngineDocument, JobDocument } from '../read/roll-up-document.ts';
export type { TaskDocument } from '../read/task-document.ts';
