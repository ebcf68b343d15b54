import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { deliveryMeanings, deliveryStatuses, FAILING_MEANING, subscriptionStates } from '../live/wording.ts';
import { Badge } from './badge.tsx';
import { ofDelivery, ofSubscription } from './status.tsx';

const keys: readonly (readonly [keys: readonly string[], does: string])[] = [
  [['/'], 'Search'],
  [['j', '↓'], 'Next row of the list'],
  [['k', '↑'], 'Row before'],
  [['Enter'], 'Open the row'],
  [['u', 'Esc'], 'Back; closes what is open over the page'],
  [['?'], 'This help'],
];

/** Lists the keys, and what the statuses mean. Escape or the button closes it. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} class="drawer" aria-labelledby="help-title" onClose={onClose}>
      <header>
        <h2 id="help-title">Help</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      <div class="detail">
        <h3>Keys</h3>
        <dl class="meanings">
          {keys.map(([names, does]) => (
            <div key={does}>
              <dt>
                {names.map((name) => (
                  <kbd key={name}>{name}</kbd>
                ))}
              </dt>
              <dd>{does}</dd>
            </div>
          ))}
        </dl>
        <h3>Subscriptions</h3>
        <dl class="meanings">
          <div>
            <dt>
              <Badge tone="bad">Failing</Badge>
            </dt>
            <dd>{FAILING_MEANING}</dd>
          </div>
          {subscriptionStates.map(({ id, status, name, meaning }) => (
            <div key={id}>
              <dt>
                <Badge tone={id === 'paused-by-operator' ? 'parked' : ofSubscription[status]}>{name}</Badge>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
        <h3>Deliveries</h3>
        <dl class="meanings">
          {Object.entries(deliveryMeanings).map(([status, meaning]) => (
            <div key={status}>
              <dt>
                <Badge tone={ofDelivery[status as keyof typeof ofDelivery]}>
                  {deliveryStatuses[status as keyof typeof deliveryStatuses]}
                </Badge>
              </dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </div>
    </dialog>
  );
}
