import { systemClock } from '../shared/clock.ts';
import { contosoInstanceId as instanceId } from './customer-insights/seed/seeded-instances.ts';
import { firstTour } from './first-tour.ts';
import type { SubscribeAnswer } from './flow-platform/gateway.ts';
import { startStack } from './stack.ts';
import type { Stack, StackPorts } from './stack.ts';
import { createStory } from './story.ts';
import type { Story } from './story.ts';
import { whatNext } from './what-next.ts';

export interface TourOptions {
  readonly write: (line: string) => void;
  /** Is given every line of the functions host. */
  readonly output: (line: string) => void;
  /** The pause before each change, in ms. */
  readonly paceMs: number;
  /** Where to listen as far as they are free; 0 is any free one. */
  readonly ports: StackPorts;
  /** Aborted when everything is to stop. */
  readonly signal: AbortSignal;
}

/** What somebody changes by hand is found within these five seconds and the one that an idle queue may take. */
const POLL_SCHEDULE = '*/5 * * * * *';

/**
 * Starts everything on these ports, lets each trigger fire once, says what to try next, and goes on telling what happens
 * until `signal` is aborted. Resolves with the exit code once all is stopped: 0, or 1 when the backend ended by itself. Rejects when
 * the stack does not start.
 */
export async function runTour({ write, output, paceMs, ports, signal }: TourOptions): Promise<0 | 1> {
  const story = createStory({ write, now: () => systemClock.now() });
  story.tell('backend', 'starts, and around it Azurite, a Customer Insights and a flow platform');
  const stack = await startStack({
    ports,
    settings: { POLL_SCHEDULE },
    output: (line) => {
      output(line);
      if (!signal.aborted) story.see(line);
    },
  });
  try {
    const stopped = aborted(signal).then(() => 0 as const);
    const died = stack.host.exited.then(() => 1 as const);
    const told = story.follow(stack.flows, signal).then(() => stopped);
    const toured = takeTour({ stack, story, paceMs, ports, signal }).then(() => {
      write(whatNext(stack));
      return stopped;
    });
    const code = await Promise.race([stopped, died, told, toured]);
    if (code === 1) story.tell('backend', 'has ended by itself');
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
  tellPorts(story, ports, stack.ports);
  for (const { flow: definition } of firstTour) {
    const answer = await stack.flows.createFlow(definition).save();
    story.tell('flow', `"${definition.name}" subscribes to ${definition.trigger}: ${outcomeOf(answer)}`);
  }
  for (const { news, happen } of firstTour) {
    await systemClock.sleep(paceMs, signal);
    story.news(news);
    happen(stack.insights.control);
    // By hand, so that nobody has to wait for the schedule.
    await stack.host.poll();
  }
}

function tellPorts(story: Story, wanted: StackPorts, ports: StackPorts): void {
  const moved = (Object.keys(ports) as (keyof StackPorts)[]).filter(
    (name) => wanted[name] !== 0 && wanted[name] !== ports[name],
  );
  for (const name of moved) {
    story.tell('backend', `port ${wanted[name]} is taken: ${name} is on ${ports[name]} this time`);
  }
  story.tell('backend', `listens on http://127.0.0.1:${ports.app}/api`);
  story.tell('Customer Insights', `listens on http://127.0.0.1:${ports.insights}/v1, instance ${instanceId}`);
  story.tell('flow', `platform listens on http://127.0.0.1:${ports.flows}`);
}

function outcomeOf(answer: SubscribeAnswer): string {
  return answer.kind === 'answered' ? String(answer.status) : answer.message;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
