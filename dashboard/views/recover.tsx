import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import type { Answer } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { replaceRoute } from '../live/use-route.ts';
import { useTitle } from '../live/use-title.ts';
import { counted, RECOVER_MEANING, RECOVER_SINCE_MS, shownNumber, triggerNames } from '../live/wording.ts';
import { fieldOf, instantOfField } from '../live/zone.ts';
import { ActionButton, READ_ONLY } from '../parts/action-button.tsx';
import { Choice } from '../parts/choice.tsx';
import { InstantField } from '../parts/instant-field.tsx';
import { Problem } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';
import { Recoveries } from './recoveries.tsx';

interface Count {
  readonly deliveries: number;
  readonly dead: number;
  readonly parked: number;
  readonly subscriptions: number;
  readonly more?: true;
}

type Step =
  | { readonly kind: 'choosing' }
  | { readonly kind: 'working' }
  | { readonly kind: 'counted'; readonly body: object; readonly count: Count }
  | { readonly kind: 'failed'; readonly detail: string };

/**
 * Sends dead and parked deliveries of all subscriptions again: first a count of what a range has,
 * then the start.
 */
export function Recover(): JSX.Element {
  const { api, instances } = useOperator();
  useTitle('Recover');
  const form = useRef<HTMLFormElement>(null);
  const [step, setStep] = useState<Step>({ kind: 'choosing' });
  // What is started must be what was counted.
  const onChange = (): void => setStep({ kind: 'choosing' });
  const fail = (answer: Exclude<Answer<unknown>, { kind: 'answered' }>): void =>
    setStep({ kind: 'failed', detail: answer.detail });

  const count = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (form.current === null) return;
    const body = requestOf(new FormData(form.current));
    if (typeof body === 'string') {
      setStep({ kind: 'failed', detail: body });
      return;
    }
    setStep({ kind: 'working' });
    const answer = await api.post<Count>('recoveries', { ...body, dryRun: true });
    if (answer.kind === 'answered') setStep({ kind: 'counted', body, count: answer.value });
    else fail(answer);
  };
  const start = async (body: object): Promise<void> => {
    setStep({ kind: 'working' });
    const answer = await api.post<{ recoveryId: string }>('recoveries', body);
    if (answer.kind === 'answered') replaceRoute({ view: 'recover', id: answer.value.recoveryId });
    else fail(answer);
  };
  return (
    <>
      <h1>Recover</h1>
      <Panel id="recover" title="Send again what did not arrive">
        <form ref={form} class="recover" onSubmit={(event) => void count(event)} onInput={onChange}>
          <p>{RECOVER_MEANING}</p>
          <div class="filter">
            <InstantField
              name="since"
              label="Since"
              value={fieldOf(new Date(Date.now() - RECOVER_SINCE_MS))}
              required
            />
            <InstantField name="until" label="Until, or now" />
            <Choice name="instanceId" label="Instance" options={[...instances]} />
            <Choice name="trigger" label="Trigger" options={Object.entries(triggerNames)} />
            <label>
              Code
              <input name="code" placeholder="http-503" autocomplete="off" spellcheck={false} />
            </label>
          </div>
          <div class="buttons">
            <button type="submit" class={step.kind === 'counted' ? '' : 'primary'} disabled={step.kind === 'working'}>
              Count
            </button>
          </div>
        </form>
        <div class="recover" role="status">
          {step.kind === 'working' && 'Working…'}
          {step.kind === 'counted' && <Counted count={step.count} onStart={() => void start(step.body)} />}
        </div>
        {step.kind === 'failed' && <Problem>{step.detail}</Problem>}
      </Panel>
      <Recoveries />
    </>
  );
}

function Counted({
  count: { deliveries, dead, parked, subscriptions, more },
  onStart,
}: {
  readonly count: Count;
  readonly onStart: () => void;
}): JSX.Element {
  const { isReadOnly } = useOperator();
  if (deliveries === 0) return <p>There is nothing to recover in this range.</p>;
  return (
    <>
      <p>
        {more && 'At least '}
        <b>{counted(deliveries, 'delivery', 'deliveries')}</b> of{' '}
        {counted(subscriptions, 'subscription', 'subscriptions')}: {shownNumber(dead)} dead, {shownNumber(parked)}{' '}
        parked.
      </p>
      <div class="buttons">
        <ActionButton emphasis="primary" onClick={onStart}>
          Start
        </ActionButton>
        {isReadOnly && <span>{READ_ONLY}</span>}
      </div>
    </>
  );
}

/** The body of the request, or what is wrong with the fields. */
function requestOf(form: FormData): object | string {
  const fieldText = (name: string): string => {
    const value = form.get(name);
    return typeof value === 'string' ? value.trim() : '';
  };
  const since = instantOfField(fieldText('since'));
  const until = instantOfField(fieldText('until'));
  if (since === undefined) return 'Say since when.';
  if (until === undefined && fieldText('until') !== '') return 'Until is no day and time.';
  const others = ['instanceId', 'trigger', 'code'].flatMap((name) =>
    fieldText(name) === '' ? [] : [[name, fieldText(name)]],
  );
  return {
    since: since.toISOString(),
    ...(until !== undefined && { until: until.toISOString() }),
    ...(Object.fromEntries(others) as object),
  };
}
