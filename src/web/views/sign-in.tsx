// Where the server asks for a token: the reader gives it here, and it is kept for this tab alone. What came of it stands
// beside it: that it lets nobody in, or that whoever could tell is away.

import { useEffect, useRef, useState } from 'preact/hooks';
import { setToken } from '../live/ask.ts';
import type { Problem } from '../live/problem.ts';

export function SignIn({ problem }: { problem: Problem }) {
  const input = useRef<HTMLInputElement>(null);
  /** what the page was told when a token was given; the next answer is about that token */
  const [asked, ask] = useState<Problem | null>(null);
  const isAsking = asked === problem;
  const trouble = isAsking ? null : troubleOf(problem);

  useEffect(() => input.current?.focus(), []);

  function give(event: SubmitEvent) {
    event.preventDefault();
    const given = input.current?.value.trim() ?? '';
    if (given === '') return;
    ask(problem);
    setToken(given);
  }
  return (
    <form class="sign-in panel" onSubmit={give}>
      <h1>A token is needed</h1>
      <p>This server answers those who have one; whoever runs it gives them out.</p>
      <label>
        Token
        <input
          ref={input}
          name="token"
          type="password"
          autoComplete="off"
          required
          aria-invalid={trouble !== null}
          aria-describedby="sign-in-trouble"
        />
      </label>
      <div id="sign-in-trouble" role="alert">
        {trouble !== null && (
          <p class="trouble">
            <strong>{trouble.title}</strong> {trouble.text}
          </p>
        )}
      </div>
      <button type="submit" class="button">
        {isAsking ? 'Asking…' : 'Go on'}
      </button>
      <p class="quiet">It stays in this tab, and is sent to this server alone.</p>
    </form>
  );
}

/** null: nothing was given yet */
function troubleOf({ kind, title, detail }: Problem): { title: string; text: string } | null {
  switch (kind) {
    case 'token_needed':
      return null;
    case 'token_refused':
      return { title: 'This token lets nobody in.', text: `The server says: ${detail ?? title}.` };
    default: {
      const text = `Whether this token is good cannot be told until it is back (${detail ?? title}). The page goes on asking.`;
      return { title: `${title}.`, text };
    }
  }
}
