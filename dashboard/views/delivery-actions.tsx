import type { JSX } from 'preact';
import { answerSentence } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import type { Question } from '../live/question.ts';
import { counted, RECOVER_MEANING, RECOVER_SINCE_MS } from '../live/wording.ts';
import { fieldOf, instantOfField } from '../live/zone.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { InstantField } from '../parts/instant-field.tsx';

/** A button that sends one delivery again. */
export function Redeliver({
  deliveryId,
  about,
  onDone,
}: {
  readonly deliveryId: string;
  /** A description of the delivery for screen readers. */
  readonly about: string;
  readonly onDone: () => void;
}): JSX.Element {
  const { api, ask } = useOperator();
  const redeliver = async () => {
    const answer = await api.post<{ deliveryId: string }>(`deliveries/${deliveryId}/redeliver`);
    onDone();
    return answerSentence(answer, () => 'It is on its way: the next attempt is made in a few seconds.');
  };
  const question: Question = {
    title: 'Redeliver?',
    done: 'Delivery on its way',
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
    <ActionButton emphasis="small" label={`Redeliver ${about}`} onClick={() => ask(question)}>
      Redeliver…
    </ActionButton>
  );
}

/** A button that sends dead and parked deliveries of a time range again. */
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
    return answerSentence(answer, ({ recovered, more }) => {
      const what = counted(recovered, 'delivery is', 'deliveries are');
      const rest = more ? ' There are more: recover again.' : '';
      return recovered === 0 ? 'There was nothing to recover in this range.' : `${what} on the way again.${rest}`;
    });
  };
  const question: Question = {
    title: `Recover deliveries of ${name}?`,
    done: `Recovery of ${name}`,
    confirm: 'Recover',
    act: recover,
    about: (
      <>
        <p>{RECOVER_MEANING}</p>
        <div class="pair">
          <InstantField name="since" label="Since" value={fieldOf(new Date(Date.now() - RECOVER_SINCE_MS))} required />
          <InstantField name="until" label="Until, or now" />
        </div>
      </>
    ),
  };
  return <ActionButton onClick={() => ask(question)}>Recover…</ActionButton>;
}

/** A button that makes a paused or disabled subscription active. */
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
    return answerSentence(answer, () => 'It is active. What waited goes out now.');
  };
  const question: Question = {
    title: `Resume ${name}?`,
    done: `${name} is active`,
    confirm: 'Resume',
    act: resume,
    about: (
      <p>
        The subscription becomes active, its health is cleared, and parked deliveries are sent at once. If the flow is
        still turned off, the subscription is paused again.
      </p>
    ),
  };
  return (
    <ActionButton emphasis="primary" onClick={() => ask(question)}>
      Resume…
    </ActionButton>
  );
}

/** The time in a field as an ISO 8601 timestamp. `undefined` when the field is empty or invalid. */
function instantOf(text: FormDataEntryValue | null): string | undefined {
  return typeof text === 'string' ? instantOfField(text)?.toISOString() : undefined;
}
