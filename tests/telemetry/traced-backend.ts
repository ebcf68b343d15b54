import { createSecretKey } from 'node:crypto';
import { expect } from '@jest/globals';
import type { BackendConfig } from '../../shared/composition/backend-ports.ts';
import type { EndedSpan } from '../../shared/telemetry/memory-telemetry.ts';
import { evaluated, segment } from '../helpers/insights-data.ts';
import { callbackUrl, memoryBackend, type MemoryBackend } from '../helpers/memory-backend.ts';
import type { ManualClock } from '../helpers/manual-clock.ts';
import type { OpenedTelemetry } from './opened-telemetry.ts';

export const SIGNING_SECRET = Buffer.from('a secret that signs callbacks...');

export interface TracedBackend extends MemoryBackend {
  readonly opened: OpenedTelemetry;
  /** Subscribes a flow of this name to the segment `vip`. */
  join(name: string, threshold?: number): ReturnType<MemoryBackend['subscribe']>;
  /** The segment has this many members at its next evaluation. */
  reach(memberCount: number): void;
  /** From the timer on, as far as it goes without waiting. */
  tick(): Promise<void>;
}

/** A backend in memory with a segment of 90 members, whose telemetry is kept. */
export function tracedBackend(
  open: (clock: ManualClock) => OpenedTelemetry,
  config: Partial<BackendConfig> = {},
): TracedBackend {
  let opened: OpenedTelemetry | undefined;
  const fixture = memoryBackend({
    config: { signingSecrets: [createSecretKey(SIGNING_SECRET)], ...config },
    telemetry: (clock) => (opened = open(clock)).telemetry,
  });
  let minute = 0;
  const reach = (memberCount: number): void => {
    fixture.data.segments = [segment('vip', evaluated(memberCount, ++minute))];
  };
  reach(90);
  return {
    ...fixture,
    opened: opened as unknown as OpenedTelemetry,
    reach,
    join: (name, threshold = 100) =>
      fixture.subscribe('segment-threshold-crossed', { segmentName: 'vip', threshold, callbackUrl: callbackUrl(name) }),
    async tick() {
      await fixture.backend.schedulePolls();
      await fixture.drain();
    },
  };
}

/**
 * The spans of one trace as a text, each below its parent and indented, in the order in which they
 * began.
 */
export function treeOf(spans: readonly EndedSpan[], traceId: string): string[] {
  const ofTrace = spans.filter((span) => span.traceId === traceId);
  const below = (parentId: string | undefined, indent: string): string[] =>
    ofTrace
      .filter((span) => span.parentId === parentId)
      .sort((one, other) => one.startMs - other.startMs)
      .flatMap(({ name, spanId }) => [indent + name, ...below(spanId, `${indent}  `)]);
  const tree = below(undefined, '');
  expect(tree).toHaveLength(ofTrace.length);
  return tree;
}
