// Where the server asks for a token: the reader gives it here, and it is kept for this tab alone.

import { setToken } from '../live/ask.ts';
import type { Problem } from '../live/problem.ts';

export function SignIn({ problem }: { problem: Problem }) {
  function give(event: SubmitEvent) {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement).get('token');
    if (typeof given === 'string' && given.trim() !== '') setToken(given.trim());
  }
  return (
    <form class="sign-in panel" onSubmit={give}>
      <h1>A token is needed</h1>
      <p>{problem.detail ?? problem.title}</p>
      <label>
        Token
        <input name="token" type="password" autoComplete="off" required />
      </label>
      <button type="submit" class="button">
        Go on
      </button>
      <p class="quiet">It stays in this tab, and is sent to this server alone.</p>
    </form>
  );
}
