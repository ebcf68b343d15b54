import { styleText } from 'node:util';
import { countsOf, scenario } from './scenario.ts';
import { failed, openStage } from './scenario-stage.ts';
import type { Stage, Verdict } from './scenario-stage.ts';
import { startStack } from './stack.ts';

/** At midnight of New Year. Only the scenario starts polls. */
const NEVER = '0 0 0 1 1 *';

/**
 * Runs the scripted scenario of all triggers, on its own stack on free ports. Writes one line per
 * step and a table at the end. Resolves with the exit code, 0 when every step succeeded. Rejects
 * when the stack does not start.
 */
export async function runOnce({
  write,
  output,
}: {
  readonly write: (line: string) => void;
  readonly output: (line: string) => void;
}): Promise<0 | 1> {
  const startedAtMs = Date.now();
  const seconds = (): string => `${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`;
  const stack = await startStack({ settings: { POLL_SCHEDULE: NEVER }, output });
  try {
    write(`Azurite, Customer Insights, the flow platform and the backend started within ${seconds()}.\n`);
    const stage = openStage(stack);
    let failures = 0;
    for (const { sentence, run } of scenario) {
      const verdict = await run(stage).catch((error: unknown): Verdict => failed(String(error)));
      if (verdict.kind === 'passed') write(`${styleText('green', '✓')} ${sentence}`);
      else write(`${styleText('red', '✗')} ${sentence}\n  ${verdict.reason}`);
      if (verdict.kind === 'failed') failures++;
    }
    write(`\n${table(stage).join('\n')}\n`);
    write(
      `${failures === 0 ? 'All steps succeeded' : `${failures} of ${scenario.length} steps failed`}, ${seconds()} in total.`,
    );
    return failures === 0 ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

function table(stage: Stage): string[] {
  const heads = ['trigger', 'events', 'callbacks', 'change to callback', 'poll to callback'];
  const rows = countsOf(stage).map(({ trigger, events, callbacks }) => {
    const timing = stage.timings.find((timing) => timing.trigger === trigger);
    const ms = (value: number | undefined): string => (value === undefined ? '-' : `${value} ms`);
    return [trigger, `${events}`, `${callbacks}`, ms(timing?.changeToCallbackMs), ms(timing?.pollToCallbackMs)];
  });
  const medians = (['changeToCallbackMs', 'pollToCallbackMs'] as const).map((span) => {
    return `${Math.round(median(stage.timings.map((timing) => timing[span])))} ms`;
  });
  const all = [heads, ...rows, ['median', '', '', ...medians]];
  const widths = heads.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('   '),
  );
}

/** NaN for an empty list. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? (sorted[Math.floor(middle)] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
