import { describe, expect, test } from '@jest/globals';
import { callbackPath } from '../../../sandbox/flow-platform/callback-url.ts';
import { notificationSchemas } from '../../../sandbox/flow-platform/notification-schemas.ts';
import type { TriggerSegment } from '../../../sandbox/flow-platform/notification-schemas.ts';
import { createWorkflowIdentifiers } from '../../../sandbox/flow-platform/workflow-identifiers.ts';
import { systemRandom } from '../../../shared/random.ts';
import { manualClock } from './manual-clock.ts';

const identifiers = createWorkflowIdentifiers({ clock: manualClock(), random: systemRandom });

describe.each(Object.keys(notificationSchemas) as TriggerSegment[])('the callback URL of %s', (trigger) => {
  const path = callbackPath({
    workflowId: identifiers.workflowId(),
    trigger,
    version: identifiers.version(),
    signature: identifiers.signature(),
  });
  const url = `http://127.0.0.1:54321${path}`;

  test('is as long as a real one with a name outside ASCII', () => {
    expect(url.length).toBeGreaterThanOrEqual(700);
    expect(url.length).toBeLessThanOrEqual(900);
  });

  test('has the shape that Logic Apps hosting gives out', () => {
    const name = '(?<name>(?:%[0-9A-F]{2}|_)+)';
    const version = '(?<version>[0-9]{20})';
    expect(path).toMatch(
      new RegExp(
        `^/workflows/[0-9a-f]{32}/triggers/${name}/versions/${version}/run\\?api-version=2016-06-01` +
          '&sp=%2Ftriggers%2F\\k<name>%2Fversions%2F\\k<version>%2Frun' +
          '%2C%2Ftriggers%2F\\k<name>%2Fversions%2F\\k<version>%2Fread' +
          '&sv=1\\.0&sig=[A-Za-z0-9_-]{43}$',
      ),
    );
  });

  test('survives being parsed as a URL', () => {
    expect(new URL(url).href).toBe(url);
  });
});

test('versions are distinguished even within one millisecond, and later ones sort first', () => {
  const versions = [identifiers.version(), identifiers.version(), identifiers.version()];
  expect(new Set(versions).size).toBe(3);
  expect(versions.toSorted().toReversed()).toEqual(versions);
});

test('a version counts the ticks left until the end of time, as those of Logic Apps do', () => {
  const fresh = createWorkflowIdentifiers({ clock: manualClock(1_700_000_000_000), random: systemRandom });
  expect(fresh.version()).toBe('08585016068854775807');
});
