import type { RecordStatus } from '../deliveries/records/delivery-record.ts';
import { unreachable } from '../unreachable.ts';

/** What a code says, whatever became of the delivery. Codes: docs/delivery.md. */
const meanings: Readonly<Record<string, string>> = {
  'turned-off': 'the flow is turned off',
  disabled: 'the subscription is disabled after days of failures',
  'paused-by-operator': 'an operator has paused it',
  'ended-by-operator': 'an operator has ended the subscription',
  unsubscribed: 'the flow unsubscribed',
  superseded: 'the flow was saved again',
  gone: 'the flow is gone',
  'instance-not-allowed': 'the operator does not allow the instance any more',
  'workflow-not-found': 'the flow is deleted',
  'workflow-trigger-version-not-found': 'the flow was saved again and the new version has not subscribed',
  'trigger-input-schema-mismatch':
    'the flow does not take this body: its trigger is of an older version of the connector',
  'callback-url-unreadable': 'no key decrypts the callback URL',
  'url-not-allowed': 'the callback URL is not allowed here',
  'address-not-public': 'the callback URL leads to an address that is not public',
  'event-unknown': 'the event is no longer kept',
  dns: 'the host name of the flow could not be resolved',
  connect: 'no connection to the flow',
  tls: 'no secure connection to the flow',
  reset: 'the connection broke off',
  timeout: 'no answer in time',
  malformed: 'the answer was no HTTP',
};

/** Why a delivery is where it is, as a sentence such as `held: the flow is turned off`. Pure; knows every status and bears any code. */
export function deliveryReason(status: RecordStatus | 'pending', code = ''): string {
  const why = meanings[code] ?? (code.startsWith('http-') ? `the flow answered ${code.slice('http-'.length)}` : code);
  switch (status) {
    case 'pending':
      return 'not tried yet';
    case 'delivered':
      return 'the flow took it';
    case 'retrying':
      return `tried again: ${why}`;
    case 'parked':
      return `held: ${why}`;
    case 'dead':
      return `given up: ${why}`;
    case 'ended':
      return `ended: ${why}`;
    default:
      return unreachable(status);
  }
}
