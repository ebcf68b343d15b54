import type { JSX } from 'preact';
import { hashOf } from '../live/route.ts';

/** The way from a question ("why did this flow not fire?") to its flow. */
export function FindFlow(): JSX.Element {
  const find = (event: Event): void => {
    event.preventDefault();
    const text = new FormData(event.currentTarget as HTMLFormElement).get('text');
    const asked = typeof text === 'string' ? text.trim() : '';
    const filter = asked === '' ? {} : isFlowId(asked) ? { workflowId: asked } : { label: asked };
    location.hash = hashOf({ view: 'subscriptions', filter });
  };
  return (
    <form class="find" role="search" onSubmit={find}>
      <label for="find-flow">Why did a flow not fire?</label>
      <input id="find-flow" name="text" type="search" placeholder="Its label or flow id" autocomplete="off" />
      <button type="submit">Find it</button>
    </form>
  );
}

/** Power Automate names flows by GUIDs. */
function isFlowId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
