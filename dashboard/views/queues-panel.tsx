import type { JSX } from 'preact';
import type { QueueResponse } from '../../shared/operations/operator-responses.ts';
import { answerSentence } from '../live/operator-api.ts';
import { useOperator } from '../live/operator-context.ts';
import type { Live } from '../live/use-live.ts';
import { counted, shownNumber } from '../live/wording.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Badge } from '../parts/badge.tsx';
import { Ago } from '../parts/instant.tsx';
import { LivePart } from '../parts/notes.tsx';
import { Panel } from '../parts/panel.tsx';

/** The work queues and their poison queues. */
export function QueuesPanel({
  queues,
}: {
  readonly queues: Live<{ readonly value: readonly QueueResponse[] }>;
}): JSX.Element {
  const { api, ask } = useOperator();
  const redrive = async (queue: string) => {
    const answer = await api.post<{ redriven: number }>(`queues/${queue}/redrive`);
    queues.refresh();
    return answerSentence(answer, ({ redriven }) => `${redriven} put back into ${queue}.`);
  };
  const askAbout = ({ queue, poisonLength }: QueueResponse): void =>
    ask({
      title: `Redrive ${queue}?`,
      done: `Messages of ${queue}`,
      confirm: 'Redrive',
      act: () => redrive(queue),
      about: (
        <p>
          {counted(poisonLength, 'message that failed five times is', 'messages that failed five times are')} put back
          into <b>{queue}</b> and tried again. Do it once what made {poisonLength === 1 ? 'it' : 'them'} fail is
          repaired. A message that is there twice does no harm.
        </p>
      ),
    });
  return (
    <Panel id="queues" title="Queues">
      <LivePart live={queues}>
        {({ value }) => (
          <table class="cards">
            <thead>
              <tr>
                <th scope="col">Queue</th>
                <th scope="col" class="number">
                  Messages
                </th>
                <th scope="col">Oldest that is due</th>
                <th scope="col">Poisoned</th>
                <th scope="col">
                  <span class="unseen">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {value.map((queue) => (
                <Row key={queue.queue} queue={queue} onRedrive={() => askAbout(queue)} />
              ))}
            </tbody>
          </table>
        )}
      </LivePart>
    </Panel>
  );
}

function Row({ queue, onRedrive }: { readonly queue: QueueResponse; readonly onRedrive: () => void }): JSX.Element {
  const { length, oldestSentAt, poisonLength, poisonOldestSentAt } = queue;
  return (
    <tr>
      <th scope="row">{queue.queue}</th>
      <td data-name="Messages" class={length === 0 ? 'number zero' : 'number'}>
        {shownNumber(length)}
      </td>
      <td data-name="Oldest that is due">
        {oldestSentAt === undefined ? (
          'none'
        ) : (
          <>
            sent <Ago at={oldestSentAt} />
          </>
        )}
      </td>
      <td data-name="Poisoned">
        {poisonLength === 0 ? (
          <Badge tone="good">none</Badge>
        ) : (
          <Badge tone="bad">
            {shownNumber(poisonLength)}
            {poisonOldestSentAt !== undefined && (
              <>
                , since <Ago at={poisonOldestSentAt} />
              </>
            )}
          </Badge>
        )}
      </td>
      <td class="actions">
        {poisonLength > 0 && (
          <ActionButton label={`Redrive ${queue.queue}`} onClick={onRedrive}>
            Redrive…
          </ActionButton>
        )}
      </td>
    </tr>
  );
}
