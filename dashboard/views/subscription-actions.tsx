import type { JSX } from 'preact';
import { answerSentence } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import type { Question } from '../live/question.ts';
import { ActionButton } from '../parts/action-button.tsx';

interface Of {
  readonly subscriptionId: string;
  readonly name: string;
  readonly onDone: () => void;
}

/** A button that pauses a subscription until an operator resumes it. */
export function Pause({
  subscriptionId,
  name,
  onDone,
  isSmall = false,
}: Of & { readonly isSmall?: boolean }): JSX.Element {
  const { api, ask } = useOperator();
  const question: Question = {
    title: `Pause ${name}?`,
    done: `${name} is paused`,
    confirm: 'Pause',
    act: async () => {
      const answer = await api.post(`subscriptions/${subscriptionId}/pause`);
      onDone();
      return answerSentence(
        answer,
        () => 'The subscription is paused. Its deliveries are parked when they are due, until it is resumed.',
      );
    },
    about: (
      <p>
        Nothing is sent to the flow any more. Deliveries are parked when they are due, a retrying one instead of its
        next attempt, and do not become dead. They are sent when the subscription is resumed here, or when its flow is
        saved again.
      </p>
    ),
  };
  return (
    <ActionButton
      emphasis={isSmall ? 'small' : undefined}
      label={isSmall ? `Pause ${name}` : undefined}
      onClick={() => ask(question)}
    >
      Pause…
    </ActionButton>
  );
}

/** A button that calls the flow of a subscription with sample values. */
export function SendTest({ subscriptionId, name, onDone }: Of): JSX.Element {
  const { api, ask } = useOperator();
  const question: Question = {
    title: `Send a test event to ${name}?`,
    done: `Test event for ${name}`,
    confirm: 'Send',
    act: async () => {
      const answer = await api.post(`subscriptions/${subscriptionId}/test`);
      onDone();
      return answerSentence(
        answer,
        () => 'The test event is on its way. It is among the deliveries below in a few seconds.',
      );
    },
    about: (
      <p>
        The flow is called with sample values made from its inputs, and with <code>test</code> set to <code>true</code>.
        It runs as for a real event: mails are sent and messages posted. A flow that is paused or disabled gets it once
        it is active again.
      </p>
    ),
  };
  return <ActionButton onClick={() => ask(question)}>Send test event…</ActionButton>;
}

/** A button that ends a subscription permanently. */
export function End({ subscriptionId, name, onDone }: Of): JSX.Element {
  const { api, ask } = useOperator();
  const question: Question = {
    title: `End ${name}?`,
    done: `${name} has ended`,
    confirm: 'End it',
    act: async () => {
      const answer = await api.delete(`subscriptions/${subscriptionId}`);
      onDone();
      return answerSentence(answer, () => 'It has ended. Its history stays here.');
    },
    about: (
      <p>
        The flow is not called any more, and parked deliveries end. This cannot be undone here. To subscribe again, the
        flow must be saved, or turned off and on again. The history stays as long as deliveries are kept.
      </p>
    ),
  };
  return (
    <ActionButton emphasis="danger" onClick={() => ask(question)}>
      End…
    </ActionButton>
  );
}
