import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeliveryDetailResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf } from '../live/route.ts';
import { SLOW_MS } from '../live/use-changes.ts';
import { useLive } from '../live/use-live.ts';
import { reasonBesideBadge, triggerNames } from '../live/wording.ts';
import { Instant } from '../parts/instant.tsx';
import { LivePart } from '../parts/notes.tsx';
import { DeliveryStatus } from '../parts/status.tsx';
import { Attempts } from './attempts.tsx';
import { Redeliver } from './delivery-actions.tsx';

/**
 * One delivery over the view: its request, the last failed response and every attempt. Escape or
 * the button closes it.
 */
export function DeliveryDrawer({
  id,
  mark,
  onClose,
  onChange,
}: {
  readonly id: string;
  /** Differs after a change. */
  readonly mark: string | undefined;
  readonly onClose: () => void;
  readonly onChange: () => void;
}): JSX.Element {
  const { api } = useOperator();
  const dialog = useRef<HTMLDialogElement>(null);
  const live = useLive(id, SLOW_MS, (signal) => api.get<DeliveryDetailResponse>(`deliveries/${id}`, {}, signal), mark);
  useEffect(() => dialog.current?.showModal(), []);
  const changed = (): void => {
    live.refresh();
    onChange();
  };
  return (
    <dialog ref={dialog} class="drawer" aria-labelledby="drawer-title" onClose={onClose}>
      <header>
        <h2 id="drawer-title">Delivery</h2>
        <button type="button" onClick={() => dialog.current?.close()}>
          Close
        </button>
      </header>
      <LivePart live={live} lines={10}>
        {(delivery) => <Detail delivery={delivery} onChange={changed} />}
      </LivePart>
    </dialog>
  );
}

function Detail({
  delivery,
  onChange,
}: {
  readonly delivery: DeliveryDetailResponse;
  readonly onChange: () => void;
}): JSX.Element {
  const { deliveryId, eventId, subscriptionId, label, trigger, occurredAt, about, status, flowUrl } = delivery;
  const { request, answer, attempts } = delivery;
  return (
    <div class="detail">
      <p class="under">
        <DeliveryStatus status={status} /> <span>{reasonBesideBadge(delivery)}</span>
      </p>
      <p>
        <b>{about}</b>, <Instant at={occurredAt} />
        {delivery.test && <span class="faint"> (test)</span>}
      </p>
      <div class="buttons">
        {status !== 'pending' && status !== 'ended' && (
          <Redeliver deliveryId={deliveryId} about={`the delivery of ${occurredAt}`} onDone={onChange} />
        )}
        {flowUrl !== undefined && (
          <a class="button small" href={flowUrl} target="_blank" rel="noreferrer">
            Open flow <span aria-hidden="true">↗</span>
          </a>
        )}
      </div>
      <dl class="facts">
        <div>
          <dt>Subscription</dt>
          <dd>
            <a href={hashOf({ view: 'subscription', id: subscriptionId, days: 30, at: occurredAt })}>
              {label ?? triggerNames[trigger]}
            </a>
          </dd>
        </div>
        <Id name="Delivery id" value={deliveryId} />
        <Id name="Event id" value={eventId} />
      </dl>
      <Part title="Attempts">
        {attempts.length === 0 ? (
          <p class="faint">Not attempted yet.</p>
        ) : (
          <Attempts delivery={delivery} subscriptionStatus={delivery.subscriptionStatus} />
        )}
      </Part>
      <Part title="Body as sent" copy={request.body}>
        <Code label="Body as sent" text={pretty(request.body)} />
      </Part>
      <Part title="Request headers" copy={headerText(request.headers)}>
        <Code label="Request headers" text={headerText(request.headers)} />
      </Part>
      {answer !== undefined && (
        <Part title={`Answer to attempt ${answer.attempt}: HTTP ${answer.status}`} copy={answer.body}>
          <Code label="Answer headers" text={headerText(answer.headers)} />
          <Code label="Answer body" text={answer.body === '' ? '(empty)' : answer.body} />
          {answer.cut && <p class="faint">There was more: the first 4 KiB are kept, as text.</p>}
        </Part>
      )}
    </div>
  );
}

function Part({
  title,
  copy,
  children,
}: {
  readonly title: string;
  /** The text that the button copies. */
  readonly copy?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class="part">
      <header>
        <h3>{title}</h3>
        {copy !== undefined && <Copy what={title} text={copy} />}
      </header>
      {children}
    </div>
  );
}

function Id({ name, value }: { readonly name: string; readonly value: string }): JSX.Element {
  return (
    <div class="wide">
      <dt>{name}</dt>
      <dd>
        <code>{value}</code> <Copy what={name} text={value} />
      </dd>
    </div>
  );
}

/** A block that scrolls when its text is too long. It also scrolls by keyboard. */
function Code({ label, text }: { readonly label: string; readonly text: string }): JSX.Element {
  return (
    <pre tabIndex={0} role="region" aria-label={label}>
      {text}
    </pre>
  );
}

function Copy({ what, text }: { readonly what: string; readonly text: string }): JSX.Element {
  const [isDone, setDone] = useState(false);
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(text);
    setDone(true);
  };
  return (
    <button type="button" class="quiet small" onClick={() => void copy()} aria-label={`Copy: ${what}`}>
      {isDone ? 'Copied' : 'Copy'}
    </button>
  );
}

function headerText(headers: Readonly<Record<string, string>>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n');
}

/** Indents JSON so that people can read it. The copy button keeps the sent bytes. */
function pretty(body: string): string {
  return JSON.stringify(JSON.parse(body), undefined, 2);
}
