import type { SubscriptionView } from '../../shared/subscriptions/subscription-view.ts';
import type { Subscriber } from '../../shared/subscriptions/subscription-draft.ts';
import { at, evaluated, segment } from '../helpers/insights-data.ts';
import {
  callbackUrl,
  memoryBackend,
  type MemoryBackend,
  type MemoryBackendOptions,
} from '../helpers/memory-backend.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export interface SegmentFixture extends MemoryBackend {
  /** Subscribes the flow of this name to the segment `vip` above 100. */
  flow(name: string, more?: object, subscriber?: Partial<Subscriber>): Promise<SubscriptionView>;
  /** The segment rises above 100 and falls again: one event. Resolves with its id. */
  rise(): Promise<string>;
  /**
   * Time in which a flow that always fails has its subscription disabled: two of its deliveries are
   * dead.
   */
  failForDays(): Promise<void>;
}

/** A backend in memory whose instance has one segment. */
export function segmentFixture(options: MemoryBackendOptions = {}): SegmentFixture {
  const fixture = memoryBackend(options);
  let minute = 1;
  fixture.data.segments = [segment('vip', evaluated(90, minute))];
  const rise = async (): Promise<string> => {
    minute = Math.max(minute, Math.floor((fixture.clock.now() - Date.parse(at(0))) / MINUTE));
    fixture.data.segments = [segment('vip', evaluated(120, ++minute), evaluated(90, ++minute))];
    await fixture.poll();
    const { events } = await fixture.backend.operator.listEvents({}, { limit: 1 });
    return events[0]?.eventId ?? '';
  };
  return {
    ...fixture,
    rise,
    async failForDays() {
      await rise();
      await fixture.pass(5 * DAY);
      await rise();
      await fixture.pass(HOUR);
    },
    flow: (name, more = {}, subscriber = {}) =>
      fixture.subscribe(
        'segment-threshold-crossed',
        { segmentName: 'vip', threshold: 100, callbackUrl: callbackUrl(name), ...more },
        subscriber,
      ),
  };
}
