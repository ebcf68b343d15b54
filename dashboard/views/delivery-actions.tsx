import type { JSX } from 'preact';
import { said } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import type { Question } from '../live/question.ts';
import { counted } from '../live/wording.ts';
import { fieldOf, instantOfField } from '../live/zone.ts';
import { InstantField } from '../parts/instant-field.tsx';

/** Sends one delivery again. */
export function Redeliver({
  deliveryId,
  about,
  onDone,
}: {
  readonly deliveryId: string;
  /** Which one, for who hears the button alone. */
  readonly about: string;
  readonly onDone: () => void;
}): JSX.Element {
  const { api, ask } = useOperator();
  const redeliver = async () => {
    const answer = await api.post<{ deliveryId: string }>(`deliveries/${deliveryId}/redeliver`);
    onDone();
    return said(answer, () => 'It is on its way: the next attempt is made in a few seconds.');
  };
  const question: Question = {
    title: 'Redeliver?',
    confirm: 'Redeliver',
    act: redeliver,
    about: (
      <p>
        The flow is called once more with the same body and the same delivery id, also when it is paused or disabled. If
        it fails, nothing changes but the list of attempts.
      </p>
    ),
  };
  return (
    <button type="button" class="small" onClick={() => ask(question)} aria-label={`Redeliver ${about}`}>
      Redeliver…
    </button>
  );
}

const HOUR_MS = 3_600_000;

/** Sends again what a subscription never got in a range of time. */
export function Recover({
  subscriptionId,
  name,
  onDone,
}: {
  readonly subscriptionId: string;
  readonly name: string;
  readonly onDone: () => void;
}): JSX.Element {
  const { api, ask } = useOperator();
  const recover = async (form: FormData) => {
    const since = instantOf(form.get('since'));
    const until = instantOf(form.get('until'));
    if (since === undefined) return { kind: 'refused', status: 0, detail: 'Say since when.' } as const;
    if (until === undefined && form.get('until') !== '') {
      return { kind: 'refused', status: 0, detail: 'Until is no day and time.' } as const;
    }
    const answer = await api.post<{ recovered: number; more: boolean }>(`subscriptions/${subscriptionId}/recover`, {
      since,
      ...(until !== undefined && { until }),
    });
    onDone();
    return said(answer, ({ recovered, more }) => {
      const what = counted(recovered, 'delivery is', 'deliveries are');
      const rest = more ? ' There are more: recover again.' : '';
      return recovered === 0 ? 'There was nothing to recover in this range.' : `${what} on the way again.${rest}`;
    });
  };
  const week = new Date(Date.now() - 7 * 24 * HOUR_MS);
  const question: Question = {
    title: `Recover deliveries of ${name}?`,
    confirm: 'Recover',
    act: recover,
    about: (
      <>
        <p>
          What is dead or held of events in this range is sent again, ten a second, each once more. What arrived already
          is not.
        </p>
        <div class="pair">
          <InstantField name="since" label="Since" value={fieldOf(week)} required />
          <InstantField name="until" label="Until, or now" />
        </div>
      </>
    ),
  };
  return (
    <button type="button" onClick={() => ask(question)}>
      Recover…
    </button>
  );
}

/** Makes a paused or disabled subscription active. */
export function Resume({
  subscriptionId,
  name,
  onDone,
}: {
  readonly subscriptionId: string;
  readonly name: string;
  readonly onDone: () => void;
}): JSX.Element {
  const { api, ask } = useOperator();
  const resume = async () => {
    const answer = await api.post(`subscriptions/${subscriptionId}/resume`);
    onDone();
    return said(answer, () => 'It is active. What waited goes out now.');
  };
  const question: Question = {
    title: `Resume ${name}?`,
    confirm: 'Resume',
    act: resume,
    about: (
      <p>
        The subscription is active again with a clean record, and the deliveries that are held go out at once. Should
        the flow still be turned off, it is paused again.
      </p>
    ),
  };
  return (
    <button type="button" class="primary" onClick={() => ask(question)}>
      Resume…
    </button>
  );
}

/** Of a field; `undefined` when it is empty, or no instant. */
function instantOf(text: FormDataEntryValue | null): string | undefined {
  return typeof text === 'string' ? instantOfField(text)?.toISOString() : undefined;
}
