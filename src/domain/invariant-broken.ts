// Thrown by the fold where the state that it was given contradicts the log, or itself; the pipeline halts the partition with it.

type BrokenInvariant = 'task_offset_ahead' | 'roll_up_missing';

export class InvariantBroken extends Error {
  readonly code: BrokenInvariant;
  constructor(code: BrokenInvariant, message: string) {
    super(message);
    this.name = 'InvariantBroken';
    this.code = code;
  }
}
