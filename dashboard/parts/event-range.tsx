import type { JSX } from 'preact';
import type { RecoveryResponse } from '../../shared/operations/operator-responses.ts';
import { useOperator } from '../live/operator-context.ts';
import { triggerNames } from '../live/wording.ts';
import { Instant } from './instant.tsx';

/** The events that a recovery covers: a time range, and what makes it narrower. */
export function EventRange({
  since,
  until,
  instanceId,
  trigger,
  code,
}: Pick<RecoveryResponse, 'since' | 'until' | 'instanceId' | 'trigger' | 'code'>): JSX.Element {
  const { instanceName } = useOperator();
  const narrower = [instanceId && instanceName(instanceId), trigger && triggerNames[trigger], code].filter(Boolean);
  return (
    <>
      since <Instant at={since} />
      {until !== undefined && (
        <>
          {' '}
          until <Instant at={until} />
        </>
      )}
      {narrower.length > 0 && <>: {narrower.join(', ')}</>}
    </>
  );
}
