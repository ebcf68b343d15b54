import type { RecordStatus } from '../deliveries/records/delivery-record.ts';
import { unreachable } from '../unreachable.ts';

/** The meaning of each reason code, whatever the status. docs/delivery.md lists the codes. */
const meanings: Readonly<Record<string, string>> = {
  'turned-off': 'the flow is turned off',
  disabled: 'the subscription is disabled after days of failures',
  'paused-by-operator': 'an operator has paused it',
  'ended-by-operator': 'an operator has ended the subscription',
  unsubscribed: 'the flow unsubscribed',
  superseded: 'the flow was saved again',
  gone: 'the flow is gone',
  'instance-not-allowed': 'the operator no longer allows the instance',
  'workflow-not-found': 'the flow is deleted',
  'workflow-trigger-version-not-found': 'the flow was saved again and the new version has not subscribed',
  'trigger-input-schema-mismatch':
    'the flow does not accept this body, because its trigger comes from an older version of the connector',
  'callback-url-unreadable': 'the callback URL cannot be decrypted with the configured keys',
  'url-not-allowed': 'the callback URL is not allowed here',
  'address-not-public': 'the callback URL resolves to an address that is not public',
  'event-unknown': 'the event is no longer stored',
  dns: 'the host name of the flow could not be resolved',
  connect: 'the connection to the flow failed',
  tls: 'the TLS connection to the flow failed',
  reset: 'the connection was closed before the response was complete',
  timeout: 'the flow did not respond in time',
  malformed: 'the response was not valid HTTP',
};

/**
 * Explains the status of a delivery in a sentence such as `parked: the flow is turned off`. An
 * unknown code is shown as it is. Pure.
 */
export function deliveryReason(status: RecordStatus | 'pending', code = ''): string {
  const why = meanings[code] ?? (code.startsWith('http-') ? `the flow answered ${code.slice('http-'.length)}` : code);
  switch (status) {
    case 'pending':
      return 'not attempted yet';
    case 'delivered':
      return 'the flow accepted it';
    case 'retrying':
      return `retrying: ${why}`;
    case 'parked':
      return `parked: ${why}`;
    case 'dead':
      return `dead: ${why}`;
    case 'ended':
      return `ended: ${why}`;
    default:
      return unreachable(status);
  }
}
