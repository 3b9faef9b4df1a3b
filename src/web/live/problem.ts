// Why there is no answer, or an old one: what the API says as problem+json, or that nobody answers at all.

export type ProblemKind =
  /** nobody answers: the server is away, or the way to it */
  | 'unreachable'
  /** the server answers that a service behind it is away */
  | 'service_away'
  /** a token is needed, and none was given */
  | 'token_needed'
  /** the token that was given lets nobody in */
  | 'token_refused'
  /** the token that was given cannot be judged: the issuer's keys are away */
  | 'issuer_away'
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
  code?: unknown;
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

/** @param hasToken whether a token was sent along */
export async function problemOf(answer: Response, hasToken: boolean): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as ProblemJson;
  const title = typeof body.title === 'string' ? body.title : `The server answers ${answer.status}`;
  const detail = typeof body.detail === 'string' ? { detail: body.detail } : {};
  if (body.code === 'issuer_away') return { kind: 'issuer_away', title: 'The issuer of tokens is away', ...detail };
  return { kind: kindOf(answer.status, hasToken), title, ...detail };
}

export function problemOfError(error: unknown): Problem {
  return error instanceof Unanswered ? error.problem : UNREACHABLE;
}

/** Nothing is shown until the reader gives a token, or another one. */
export function keepsOut({ state, answered_at, problem }: Connection): boolean {
  if (state !== 'away' || problem === undefined) return false;
  if (problem.kind === 'issuer_away') return answered_at === 0;
  return problem.kind === 'token_needed' || problem.kind === 'token_refused';
}

function kindOf(status: number, hasToken: boolean): ProblemKind {
  if (status === 401 || status === 403) return hasToken ? 'token_refused' : 'token_needed';
  if (status === 404) return 'not_found';
  if (status === 502 || status === 503 || status === 504) return 'service_away';
  return status < 500 ? 'refused' : 'failed';
}
