import type { JSX } from 'preact';
import type { AuditResponse } from '../../shared/operations/operator-responses.ts';
import type { CsvColumn } from '../live/csv.ts';
import { actionName } from '../live/operator-actions.ts';
import type { Answer, Page } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import { rangeOf } from '../live/route.ts';
import { LIVE_MS } from '../live/use-changes.ts';
import { useLive } from '../live/use-live.ts';
import { useOlder } from '../live/use-older.ts';
import { useSubscriptionNames } from '../live/use-subscription-names.ts';
import { replaceRoute } from '../live/use-route.ts';
import { useTitle } from '../live/use-title.ts';
import { allShown } from '../live/wording.ts';
import { Badge } from '../parts/badge.tsx';
import { CsvButton } from '../parts/csv-button.tsx';
import { DaysChoice } from '../parts/days-choice.tsx';
import { Instant } from '../parts/instant.tsx';
import { Empty, LivePart, Problem } from '../parts/notes.tsx';
import { ActionBody, Target } from './audit-details.tsx';

const TOP = 50;

const columns: readonly CsvColumn<AuditResponse>[] = [
  ['at', ({ at }) => at],
  ['operator', ({ operator }) => operator],
  ['action', ({ action }) => action],
  ['target', ({ target }) => target],
  ['body', ({ body }) => body],
  ['result', ({ result }) => result],
  ['status', ({ status }) => status],
  ['code', ({ code }) => code],
  ['recovery', ({ recoveryId }) => recoveryId],
];

/** The actions of all operators, newest first: who, what, when, and the result. */
export function Audit({ days }: { readonly days: number }): JSX.Element {
  const { api } = useOperator();
  useTitle('Audit');
  const ask = (next?: string, signal?: AbortSignal) =>
    api.list<AuditResponse>('audit', { ...rangeOf({ days }, Date.now()), top: TOP, next }, signal);
  const first = useLive(`audit ${days}`, LIVE_MS, (signal) => ask(undefined, signal));
  return (
    <>
      <div class="title">
        <h1>Audit</h1>
        <DaysChoice days={days} onChange={(chosen) => replaceRoute({ view: 'audit', days: chosen })} />
      </div>
      <LivePart live={first} lines={8}>
        {(page) => <Entries key={days} first={page} ask={ask} />}
      </LivePart>
    </>
  );
}

function Entries({
  first,
  ask,
}: {
  readonly first: Page<AuditResponse>;
  readonly ask: (next?: string) => Promise<Answer<Page<AuditResponse>>>;
}): JSX.Element {
  const { rows, hasMore, problem, askMore } = useOlder(first, ({ id }) => id, ask);
  const names = useSubscriptionNames(rows.flatMap(({ target }) => (target?.startsWith('sub_') ? [target] : [])));
  if (rows.length === 0) return <Empty>No operator has done anything in this time.</Empty>;
  return (
    <>
      <table class="cards audit">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((entry) => (
            <Row key={entry.id} entry={entry} nameOf={(id) => names.get(id)?.name} />
          ))}
        </tbody>
      </table>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <p class="paging">
        <span>{hasMore ? `${rows.length} shown.` : allShown(rows.length)}</span>{' '}
        {hasMore && (
          <button type="button" onClick={askMore}>
            Show older
          </button>
        )}{' '}
        <CsvButton name="audit" columns={columns} rows={rows} />
      </p>
    </>
  );
}

function Row({
  entry: { at, operator, action, target, body, result, status, code, recoveryId },
  nameOf,
}: {
  readonly entry: AuditResponse;
  readonly nameOf: (subscriptionId: string) => string | undefined;
}): JSX.Element {
  return (
    <tr>
      <th scope="row">
        <Instant at={at} />
      </th>
      <td data-name="Who">{operator}</td>
      <td data-name="What">
        <span>{actionName(action)}</span>
        {target !== undefined && (
          <span class="id">
            <Target id={target} nameOf={nameOf} />
          </span>
        )}
        {recoveryId !== undefined && (
          <span class="id">
            <Target id={recoveryId} nameOf={nameOf} />
          </span>
        )}
        {body !== undefined && body !== '{}' && <ActionBody body={body} />}
      </td>
      <td data-name="Result">
        <Badge tone={tones[result]}>{results[result]}</Badge>
        {result !== 'done' && status !== undefined && (
          <span class="id">
            {status} {code}
          </span>
        )}
      </td>
    </tr>
  );
}

const tones = { done: 'good', refused: 'over', unknown: 'bad' } as const;
/** An action without a result failed, or its process ended before. */
const results = { done: 'Done', refused: 'Refused', unknown: 'Not known' } as const;
