// Thrown by the fold where the state that it was given contradicts the log; the pipeline halts the partition with it.

export class InvariantBroken extends Error {
  readonly code: 'task_offset_ahead';
  constructor(code: 'task_offset_ahead', message: string) {
    super(message);
    this.name = 'InvariantBroken';
    this.code = code;
  }
}
