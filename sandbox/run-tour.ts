import { systemClock } from '../shared/clock.ts';
import { contosoInstanceId as instanceId } from './customer-insights/seed/seeded-instances.ts';
import { firstTour } from './first-tour.ts';
import type { SubscribeOutcome } from './flow-platform/gateway.ts';
import { startStack } from './stack.ts';
import type { Stack, StackPorts } from './stack.ts';
import { createStory } from './story.ts';
import type { Story } from './story.ts';
import { whatNext } from './what-next.ts';

export interface TourOptions {
  readonly write: (line: string) => void;
  /** Called with every line of the functions host. */
  readonly output: (line: string) => void;
  /** The pause before each change, in ms. */
  readonly paceMs: number;
  /** The ports to listen on when they are free. 0 is any free port. */
  readonly ports: StackPorts;
  /** Aborted to stop everything. */
  readonly signal: AbortSignal;
}

/**
 * A manual change is found within these five seconds and one more, the polling interval of an idle
 * queue.
 */
const POLL_SCHEDULE = '*/5 * * * * *';

/**
 * Starts the stack on these ports, makes each trigger fire once, prints suggestions for the next
 * steps, and reports events until `signal` is aborted. Resolves with the exit code after everything
 * has stopped: 0, or 1 when the backend ended by itself. Rejects when the stack does not start.
 */
export async function runTour({ write, output, paceMs, ports, signal }: TourOptions): Promise<0 | 1> {
  const story = createStory({ write, now: () => systemClock.now() });
  story.report('backend', 'starts, with Azurite, a simulated Customer Insights and a flow platform');
  const stack = await startStack({
    ports,
    settings: { POLL_SCHEDULE },
    output: (line) => {
      output(line);
      if (!signal.aborted) story.readLine(line);
    },
  });
  try {
    const stopped = aborted(signal).then(() => 0 as const);
    const died = stack.host.exited.then(() => 1 as const);
    const followed = story.follow(stack.flows, signal).then(() => stopped);
    const toured = takeTour({ stack, story, paceMs, ports, signal }).then(() => {
      write(whatNext(stack));
      return stopped;
    });
    const code = await Promise.race([stopped, died, followed, toured]);
    if (code === 1) story.report('backend', 'has ended by itself');
    return code;
  } finally {
    await stack.stop();
  }
}

async function takeTour({
  stack,
  story,
  paceMs,
  ports,
  signal,
}: Pick<TourOptions, 'paceMs' | 'ports' | 'signal'> & { stack: Stack; story: Story }): Promise<void> {
  reportPorts(story, ports, stack.ports);
  for (const { flow: definition } of firstTour) {
    const answer = await stack.flows.createFlow(definition).save();
    story.report('flow', `"${definition.name}" subscribes to ${definition.trigger}: ${outcomeOf(answer)}`);
  }
  for (const { change, makeChange } of firstTour) {
    await systemClock.sleep(paceMs, signal);
    story.change(change);
    makeChange(stack.insights.control);
    // A manual poll, so that the tour does not wait for the schedule.
    await stack.host.poll();
  }
}

function reportPorts(story: Story, wanted: StackPorts, ports: StackPorts): void {
  const moved = (Object.keys(ports) as (keyof StackPorts)[]).filter(
    (name) => wanted[name] !== 0 && wanted[name] !== ports[name],
  );
  for (const name of moved) {
    story.report('backend', `port ${wanted[name]} is in use: ${name} is on ${ports[name]} this time`);
  }
  story.report('backend', `listens on http://127.0.0.1:${ports.app}/api`);
  story.report('Customer Insights', `listens on http://127.0.0.1:${ports.insights}/v1, instance ${instanceId}`);
  story.report('flow', `platform listens on http://127.0.0.1:${ports.flows}`);
}

function outcomeOf(answer: SubscribeOutcome): string {
  return answer.kind === 'answered' ? String(answer.status) : answer.message;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
