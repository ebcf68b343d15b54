import { unreachable } from '../unreachable.ts';
import type { Event, RefreshStatus } from './event.ts';

const number = new Intl.NumberFormat('en-US', { maximumFractionDigits: 20 });

const ends: Readonly<Record<RefreshStatus, string>> = {
  successful: 'ended successful',
  failed: 'failed',
  timedOut: 'timed out',
};

/** What happened, in words for operators: `refresh of CRM failed: The password has expired.` Pure; reads rows of every version. */
export function eventSentence(event: Event): string {
  switch (event.trigger) {
    case 'segment-threshold-crossed':
      return rise(event.displayName, event);
    case 'measure-threshold-crossed':
      return rise(event.displayName, event);
    case 'data-source-refresh-failed':
    case 'data-source-refresh-succeeded': {
      const { dataSourceName, refreshStatus, errorMessage } = event;
      const why = errorMessage === undefined ? '' : `: ${errorMessage}`;
      return `refresh of ${dataSourceName} ${ends[refreshStatus]}${ownWord(event)}${why}`;
    }
    case 'full-refresh-completed': {
      const { failedTaskCount = 0 } = event;
      const failed =
        failedTaskCount === 0 ? '' : `, ${failedTaskCount} ${failedTaskCount === 1 ? 'task' : 'tasks'} failed`;
      return `full refresh ${ends[event.status]}${ownWord(event)}${startedBy(event)}${failed}`;
    }
    case 'unification-refresh-completed':
      return `unification ${ends[event.status]}${ownWord(event)}${startedBy(event)}`;
    default:
      return unreachable(event);
  }
}

function rise(
  name: string,
  { previousValue, value }: { readonly previousValue: number; readonly value: number },
): string {
  return `${name} rose from ${number.format(previousValue)} to ${number.format(value)}`;
}

/** The word of Customer Insights, when it is another. */
function ownWord({ originalStatus }: { readonly originalStatus?: string }): string {
  return originalStatus === undefined ? '' : ` (${originalStatus})`;
}

function startedBy({ submissionKind = 'scheduled' }: { readonly submissionKind?: 'scheduled' | 'onDemand' }): string {
  return submissionKind === 'scheduled' ? ', started by a schedule' : ', started by a user';
}
