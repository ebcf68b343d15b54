import type { JSX } from 'preact';
import { said } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import type { Question } from '../live/question.ts';

interface Of {
  readonly subscriptionId: string;
  readonly name: string;
  readonly onDone: () => void;
}

/** Stops the calls of a subscription until somebody resumes it. */
export function Pause({ subscriptionId, name, onDone }: Of): JSX.Element {
  const { api, ask } = useOperator();
  const question: Question = {
    title: `Pause ${name}?`,
    confirm: 'Pause',
    act: async () => {
      const answer = await api.post(`subscriptions/${subscriptionId}/pause`);
      onDone();
      return said(answer, () => 'It is held. What happens now waits until it is resumed.');
    },
    about: (
      <p>
        Nothing is sent to the flow any more. What happens meanwhile is held, and neither tried nor given up. It goes on
        when it is resumed here, or when its flow is saved again.
      </p>
    ),
  };
  return (
    <button type="button" onClick={() => ask(question)}>
      Pause…
    </button>
  );
}

/** Calls the flow of a subscription with sample values. */
export function SendTest({ subscriptionId, name, onDone }: Of): JSX.Element {
  const { api, ask } = useOperator();
  const question: Question = {
    title: `Send a test event to ${name}?`,
    confirm: 'Send',
    act: async () => {
      const answer = await api.post(`subscriptions/${subscriptionId}/test`);
      onDone();
      return said(answer, () => 'The test event is on its way. It is among the deliveries below in a few seconds.');
    },
    about: (
      <p>
        The flow is called with sample values made from its inputs, and with <code>test</code> set to <code>true</code>.
        It runs as for a real event: mails are sent and messages posted. A flow that is paused or disabled gets it once
        it is active again.
      </p>
    ),
  };
  return (
    <button type="button" onClick={() => ask(question)}>
      Send test event…
    </button>
  );
}

/** Ends a subscription for good. */
export function End({ subscriptionId, name, onDone }: Of): JSX.Element {
  const { api, ask } = useOperator();
  const question: Question = {
    title: `End ${name}?`,
    confirm: 'End it',
    act: async () => {
      const answer = await api.delete(`subscriptions/${subscriptionId}`);
      onDone();
      return said(answer, () => 'It has ended. Its history stays here.');
    },
    about: (
      <p>
        Nobody is called any more, and what is held ends. It cannot be undone here: the flow has to be saved or turned
        off and on again to subscribe anew. The history stays as long as deliveries are kept.
      </p>
    ),
  };
  return (
    <button type="button" class="danger" onClick={() => ask(question)}>
      End…
    </button>
  );
}
