import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hashOf } from '../live/route.ts';

/** The search field on every page. The key `/` focuses it. */
export function SearchBox({ text }: { readonly text: string }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      const { target } = event;
      const isTyping = target instanceof HTMLElement && target.closest('input, select, textarea, dialog') !== null;
      if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      event.preventDefault();
      input.current?.focus();
      input.current?.select();
    };
    addEventListener('keydown', pressed);
    return () => removeEventListener('keydown', pressed);
  }, []);
  const submit = (event: Event): void => {
    event.preventDefault();
    const q = input.current?.value.trim() ?? '';
    if (q !== '') location.hash = hashOf({ view: 'search', q });
  };
  return (
    <form class="search" role="search" aria-label="Everything" onSubmit={submit}>
      <label class="unseen" for="search">
        Search
      </label>
      <input
        key={text}
        id="search"
        ref={input}
        type="search"
        defaultValue={text}
        placeholder="Search…"
        title="Label, flow id or address, run address, segment, measure, data source, connection, environment, any id ( / )"
        aria-keyshortcuts="/"
        autocomplete="off"
        spellcheck={false}
      />
    </form>
  );
}
