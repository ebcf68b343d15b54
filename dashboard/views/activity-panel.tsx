import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { HourResponse } from '../../shared/operations/operator-responses.ts';
import { ActivityChart } from '../charts/activity-chart.tsx';
import type { Live } from '../live/use-live.ts';
import { deliveryStatuses, shownNumber } from '../live/wording.ts';
import { Mark } from '../parts/badge.tsx';
import { ClockTime } from '../parts/instant.tsx';
import { LivePart, OtherInstances } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';
import { ofDelivery } from '../parts/status.tsx';

const shown = ['delivered', 'retrying', 'parked', 'dead', 'ended'] as const;

type Activity = { readonly value: readonly HourResponse[]; readonly countedSince?: string; readonly more?: true };

/** The deliveries of the last day by status and by the hour of their events. */
export function ActivityPanel({ activity }: { readonly activity: Live<Activity> }): JSX.Element {
  const [pointed, setPointed] = useState<HourResponse | undefined>();
  return (
    <Panel id="activity" title="Deliveries, last 24 hours">
      <LivePart live={activity} lines={5}>
        {({ value, countedSince, more }) => {
          const counted = pointed ? [pointed] : value;
          const label = shown
            .map((status) => `${deliveryStatuses[status].toLowerCase()} ${deliveryCount(value, status)}`)
            .join(', ');
          return (
            <>
              <dl class="totals" aria-label={pointed ? 'In the hour that is pointed at' : 'In the last 24 hours'}>
                {shown.map((status) => (
                  <div key={status} class={deliveryCount(counted, status) === 0 ? 'none' : ''}>
                    <dt>
                      <Mark tone={ofDelivery[status]} /> {deliveryStatuses[status]}
                    </dt>
                    <dd>{shownNumber(deliveryCount(counted, status))}</dd>
                  </div>
                ))}
                <div class="span">
                  <dt>Hour</dt>
                  <dd>{pointed ? <ClockTime at={pointed.hour} /> : 'all'}</dd>
                </div>
              </dl>
              <ActivityChart
                hours={value}
                label={`Deliveries by hour over the last 24 hours: ${label}`}
                onHour={setPointed}
              />
              {more && <OtherInstances />}
              {countedSince !== undefined && (
                <p class="hint">
                  There are more deliveries than one request counts: hours before <ClockTime at={countedSince} /> are
                  not whole.
                </p>
              )}
              <details class="as-table">
                <summary>As a table</summary>
                <Table hours={value} />
              </details>
            </>
          );
        }}
      </LivePart>
    </Panel>
  );
}

function Table({ hours }: { readonly hours: readonly HourResponse[] }): JSX.Element {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Deliveries by hour">
      <table>
        <thead>
          <tr>
            <th scope="col">Hour</th>
            {shown.map((status) => (
              <th key={status} scope="col" class="number">
                {deliveryStatuses[status]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {hours.toReversed().map((hour) => (
            <tr key={hour.hour}>
              <th scope="row">
                <ClockTime at={hour.hour} />
              </th>
              {shown.map((status) => (
                <td key={status} class={hour[status] === 0 ? 'number zero' : 'number'}>
                  {shownNumber(hour[status])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function deliveryCount(hours: readonly HourResponse[], status: (typeof shown)[number]): number {
  return hours.reduce((total, hour) => total + hour[status], 0);
}
