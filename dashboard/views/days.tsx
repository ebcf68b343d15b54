import type { JSX } from 'preact';
import { replaceRoute } from '../live/use-route.ts';
import { DaysChoice } from '../parts/days-choice.tsx';

/** Chooses how many days the page of a subscription shows. */
export function Days({ route }: { readonly route: { readonly id: string; readonly days: number } }): JSX.Element {
  return (
    <DaysChoice days={route.days} onChange={(days) => replaceRoute({ view: 'subscription', id: route.id, days })} />
  );
}
