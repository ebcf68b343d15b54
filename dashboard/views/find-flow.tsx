import type { JSX } from 'preact';
import { hashOf } from '../live/route.ts';

/** A search field for the question why a flow fired or did not. */
export function FindFlow(): JSX.Element {
  const find = (event: Event): void => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get('text');
    const asked = typeof text === 'string' ? text.trim() : '';
    location.hash = hashOf(asked === '' ? { view: 'subscriptions', filter: {} } : { view: 'search', q: asked });
  };
  return (
    <form class="find" role="search" onSubmit={find}>
      <label for="find-flow">Find out why a flow fired or did not</label>
      <input id="find-flow" name="text" type="search" placeholder="Its label, id or address" autocomplete="off" />
      <button type="submit">Find it</button>
    </form>
  );
}
