import type { ComponentChildren, JSX } from 'preact';
import type { SubscriptionResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import { hashOf } from '../live/route.ts';
import { conditionOf, shownNumber, subscriptionState, triggerNames } from '../live/wording.ts';
import { Mark } from '../parts/badge.tsx';
import { FlowLink } from '../parts/flow-link.tsx';
import { useTitle } from '../live/use-title.ts';
import { Ago, Instant } from '../parts/instant.tsx';
import { Problem } from '../parts/notes.tsx';
import { SubscriptionStatus } from '../parts/status.tsx';
import { End, Pause, SendTest } from './subscription-actions.tsx';
import { Recover, Resume } from './delivery-actions.tsx';

/** The title, status and actions of a subscription. */
export function SubscriptionHead({
  subscription,
  onChange,
}: {
  readonly subscription: SubscriptionResponse;
  readonly onChange: () => void;
}): JSX.Element {
  const { instanceName } = useOperator();
  const { id, label, trigger, status, instanceId, createdAt, flowUrl, workflowId, health, successorId } = subscription;
  const {
    lastEvaluation,
    sourceUnreachableSince,
    connection,
    environmentId,
    dataSourceName,
    dataSourceId,
    warnings = [],
    connectionCalls,
    connectionSubscriptions,
  } = subscription;
  const condition = conditionOf(subscription);
  const name = label ?? condition;
  useTitle(name);
  return (
    <>
      <div class="title">
        <div>
          <h1>{name}</h1>
          <p class="under">
            <SubscriptionStatus {...subscription} />
            <span>
              {triggerNames[trigger]}: <b>{condition}</b>
            </span>
          </p>
        </div>
        <div class="buttons">
          {(status === 'paused' || status === 'disabled') && (
            <Resume subscriptionId={id} name={name} onDone={onChange} />
          )}
          {status !== 'gone' && <Recover subscriptionId={id} name={name} onDone={onChange} />}
          {(status === 'active' || status === 'paused') && <Pause subscriptionId={id} name={name} onDone={onChange} />}
          {['active', 'paused', 'disabled'].includes(status) && (
            <>
              <SendTest subscriptionId={id} name={name} onDone={onChange} />
              <End subscriptionId={id} name={name} onDone={onChange} />
            </>
          )}
        </div>
      </div>
      {status !== 'active' && (
        <p class={`note banner ${status}`}>
          <span>
            {subscriptionState(subscription).meaning}
            {health.pausedSince !== undefined && (
              <>
                {' '}
                Since <Instant at={health.pausedSince} />.
              </>
            )}
            {successorId !== undefined && (
              <>
                {' '}
                <a href={hashOf({ view: 'subscription', id: successorId, days: 7 })}>Show its successor</a>
              </>
            )}
          </span>
        </p>
      )}
      {warnings.map((warning) => (
        <p key={warning} class="note banner">
          <Mark tone="parked" />
          <span>{warning}</span>
        </p>
      ))}
      {sourceUnreachableSince !== undefined && (
        <Problem>
          Customer Insights has not returned its values since <Instant at={sourceUnreachableSince} />.
        </Problem>
      )}
      <dl class="facts">
        <Fact name="Last value">
          {lastEvaluation === undefined ? (
            '—'
          ) : (
            <>
              <b>{shownNumber(lastEvaluation.value)}</b> <Ago at={lastEvaluation.evaluatedAt} />
            </>
          )}
        </Fact>
        <Fact name="Instance">{instanceName(instanceId)}</Fact>
        <Fact name="Flow">
          {flowUrl === undefined ? (workflowId ?? 'not named') : <FlowLink url={flowUrl} label={name} />}
        </Fact>
        <Fact name="Environment">{environmentId ?? 'not named'}</Fact>
        {dataSourceId !== undefined && (
          <Fact name="Data source">
            {dataSourceName ?? dataSourceId}
            {dataSourceName !== undefined && <span class="id">{dataSourceId}</span>}
          </Fact>
        )}
        <Fact name="Subscribed">
          <Instant at={createdAt} />
        </Fact>
        <Fact name={health.failingSince === undefined ? 'Failing' : 'Failing since'}>
          {health.failingSince === undefined ? 'no' : <Instant at={health.failingSince} />}
          {health.deadDeliveries > 0 && `, ${health.deadDeliveries} dead`}
        </Fact>
        <Fact name="Connection">
          <code>{connection}</code>
          {connectionCalls !== undefined && (
            <span class="id">
              {shownNumber(connectionCalls.used)} of {shownNumber(connectionCalls.limit)} calls by this connection to
              this service in the last <span class="whole">{connectionCalls.windowSeconds} s</span>
            </span>
          )}
          {connectionSubscriptions !== undefined && (
            <span class="id">
              {shownNumber(connectionSubscriptions.used)} of {shownNumber(connectionSubscriptions.limit)} subscriptions
              of this connection
            </span>
          )}
        </Fact>
      </dl>
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
