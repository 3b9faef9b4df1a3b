// What a publisher says when it could not publish everything (update-publisher.ts).

/** The broker has the record, has it not, or nobody knows. */
export type PublishOutcome = 'published' | 'absent' | 'unknown';

export class PublishFailed extends Error {
  /** of each record, in the order of the call */
  readonly outcomes: readonly PublishOutcome[];

  constructor(outcomes: readonly PublishOutcome[], cause: unknown) {
    const count = (wanted: PublishOutcome) => outcomes.filter((outcome) => outcome === wanted).length;
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `Of ${outcomes.length} records ${count('published')} were published, ${count('absent')} were not, ` +
        `and of ${count('unknown')} nobody knows: ${reason}`,
      { cause },
    );
    this.name = 'PublishFailed';
    this.outcomes = outcomes;
  }

  get publishedCount(): number {
    return this.outcomes.filter((outcome) => outcome === 'published').length;
  }
}
