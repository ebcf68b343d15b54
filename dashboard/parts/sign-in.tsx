import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { Problem } from './notes.tsx';

/** Asks for an operator key, or for a sign-in with the organisation. */
export function SignIn({
  authentication,
  problem,
  onKey,
}: {
  readonly authentication: string;
  /** Why the previous key was refused. */
  readonly problem: string | undefined;
  readonly onKey: (key: string) => void;
}): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    const key = input.current?.value.trim() ?? '';
    if (key !== '') onKey(key);
  };
  const back = encodeURIComponent(location.pathname);
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={submit}>
        <h1>Operator key</h1>
        {authentication === 'entra' ? (
          <p>
            <a href={`/.auth/login/aad?post_login_redirect_uri=${back}`}>Sign in with your organisation</a>, or give a
            key of <code>OPERATOR_KEYS</code>.
          </p>
        ) : (
          <p>
            One of the keys of the setting <code>OPERATOR_KEYS</code>. It is kept in this tab alone, until the tab is
            closed.
          </p>
        )}
        {problem !== undefined && <Problem>{problem}</Problem>}
        <label for="operator-key">Key</label>
        <input id="operator-key" ref={input} type="password" autocomplete="off" spellcheck={false} required autofocus />
        <button type="submit" class="primary">
          Open the dashboard
        </button>
      </form>
    </main>
  );
}
