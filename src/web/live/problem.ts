// Why there is no answer, or an old one: what the API says as problem+json, or that nobody answers at all.

export type ProblemKind =
  /** nobody answers: the server is away, or the way to it */
  | 'unreachable'
  /** the server answers that a service behind it is away */
  | 'service_away'
  /** a token is needed, or the one given is not good */
  | 'unauthorized'
  | 'not_found'
  /** the request itself is refused */
  | 'refused'
  | 'failed';

export interface Problem {
  readonly kind: ProblemKind;
  readonly title: string;
  readonly detail?: string;
}

interface ProblemJson {
  title?: unknown;
  detail?: unknown;
}

const UNREACHABLE: Problem = {
  kind: 'unreachable',
  title: 'Taskfold does not answer',
  detail: 'The page goes on trying. What it shows is from before.',
};

/** How the server stands, by the last answer to anything. */
export interface Connection {
  readonly state: 'connecting' | 'live' | 'away';
  /** epoch ms of the last good answer when it came to stand so; 0: none yet */
  readonly answered_at: number;
  readonly problem?: Problem;
}

export const TOO_SLOW: Problem = {
  kind: 'unreachable',
  title: 'Taskfold takes too long to answer',
  detail: 'The page goes on trying. What it shows is from before.',
};

export class Unanswered extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.title);
    this.problem = problem;
  }
}

export async function problemOf(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as ProblemJson;
  const title = typeof body.title === 'string' ? body.title : `The server answers ${answer.status}`;
  const detail = typeof body.detail === 'string' ? { detail: body.detail } : {};
  return { kind: kindOf(answer.status), title, ...detail };
}

export function problemOfError(error: unknown): Problem {
  return error instanceof Unanswered ? error.problem : UNREACHABLE;
}

function kindOf(status: number): ProblemKind {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  if (status === 502 || status === 503 || status === 504) return 'service_away';
  return status < 500 ? 'refused' : 'failed';
}
