import type { Clock } from '../../shared/clock.ts';
import type { Random } from '../../shared/random.ts';

/** Identifiers in the formats of Logic Apps, as seen in public run histories and callback URLs. */
export interface WorkflowIdentifiers {
  /** A GUID for flow names, environments and tracking ids. */
  guid(): string;
  /** 32 hexadecimal digits, as in `/workflows/{id}/`. */
  workflowId(): string;
  /** 20 digits, always different. A later version sorts before an earlier one. */
  version(): string;
  /** 29 digits, `CU`, two digits. */
  runId(): string;
  /** The `sig` of a callback URL: 32 bytes as base64url. */
  signature(): string;
}

/**
 * .NET counts time in ticks of 100 ns since the year 1. This is the tick of 1970-01-01T00:00:00Z.
 */
const EPOCH_TICKS = 621_355_968_000_000_000n;
const MAX_TICKS = 9_223_372_036_854_775_807n;

export function createWorkflowIdentifiers({ clock, random }: { clock: Clock; random: Random }): WorkflowIdentifiers {
  const hex = (bytes: number): string => Buffer.from(random.token(bytes), 'base64url').toString('hex');
  const digits = (count: number): string =>
    Math.floor(random.fraction() * 10 ** count)
      .toString()
      .padStart(count, '0');

  let latest = MAX_TICKS;
  const invertedTicks = (): string => {
    const now = MAX_TICKS - (EPOCH_TICKS + BigInt(Math.trunc(clock.now())) * 10_000n);
    latest = now < latest ? now : latest - 1n;
    return latest.toString().padStart(20, '0');
  };

  return {
    guid: () => hex(16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    workflowId: () => hex(16),
    version: invertedTicks,
    runId: () => `${invertedTicks()}${digits(9)}CU${digits(2)}`,
    signature: () => random.token(32),
  };
}
