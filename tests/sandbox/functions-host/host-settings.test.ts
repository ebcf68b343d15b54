import { describe, expect, test } from '@jest/globals';
import { parseHostSettings, parseLocalSettings, parseTimeSpan } from '../../../sandbox/functions-host/host-settings.ts';

const parse = (json: object) => parseHostSettings(JSON.stringify({ version: '2.0', ...json }), { processors: 2 });

describe('host.json', () => {
  test('has the defaults of func start', () => {
    expect(parse({})).toEqual({
      routePrefix: 'api',
      functionTimeoutMs: 1_800_000,
      queues: {
        batchSize: 16,
        newBatchThreshold: 16,
        maxPollingIntervalMs: 2000,
        maxDequeueCount: 5,
        visibilityTimeoutMs: 0,
        messageEncoding: 'base64',
      },
    });
  });

  test('sets what it names, and the threshold of the next batch follows the batch and the processors', () => {
    const queues = {
      batchSize: 32,
      maxPollingInterval: '00:00:01',
      visibilityTimeout: '00:00:30',
      maxDequeueCount: 10,
    };
    const settings = parse({ functionTimeout: '00:10:00', extensions: { http: { routePrefix: 'v1/x' }, queues } });
    expect(settings).toMatchObject({ routePrefix: 'v1/x', functionTimeoutMs: 600_000 });
    expect(settings.queues).toMatchObject({
      newBatchThreshold: 32,
      maxPollingIntervalMs: 1000,
      visibilityTimeoutMs: 30_000,
      maxDequeueCount: 10,
    });
    expect(parse({ extensions: { queues: { newBatchThreshold: 0 } } }).queues.newBatchThreshold).toBe(0);
    expect(parse({ functionTimeout: '-1' }).functionTimeoutMs).toBeUndefined();
  });

  test('is overridden by the environment, as by app settings', () => {
    const environment = {
      AzureFunctionsJobHost__functionTimeout: '00:05:00',
      AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:02',
      AzureFunctionsJobHost__extensions__queues__maxDequeueCount: '3',
    };
    const text = JSON.stringify({ version: '2.0', extensions: { queues: { batchSize: 8, maxDequeueCount: 7 } } });
    const settings = parseHostSettings(text, { processors: 2, environment });
    expect(settings.functionTimeoutMs).toBe(300_000);
    expect(settings.queues).toMatchObject({ batchSize: 8, visibilityTimeoutMs: 2000, maxDequeueCount: 3 });
  });

  test.each([
    [{ extensions: { queues: { batchSize: 0 } } }, 'batchSize'],
    [{ extensions: { queues: { batchSize: 33 } } }, 'batchSize'],
    [{ extensions: { queues: { maxPollingInterval: '00:00:00.099' } } }, 'maxPollingInterval'],
    [{ extensions: { queues: { maxPollingInterval: 1 } } }, 'maxPollingInterval'],
    [{ extensions: { queues: { maxDequeueCount: 0 } } }, 'maxDequeueCount'],
    [{ extensions: { queues: { messageEncoding: 'utf16' } } }, 'messageEncoding'],
    [{ extensions: { http: { routePrefix: '/api' } } }, 'routePrefix'],
    [{ functionTimeout: '00:00:00' }, 'functionTimeout'],
    [{ version: undefined }, 'version'],
  ])('refuses %j', (json, property) => {
    expect(() => parse(json)).toThrow(property);
  });

  test('that is no JSON object is refused', () => {
    expect(() => parseHostSettings('{', { processors: 1 })).toThrow('host.json is not JSON');
    expect(() => parseHostSettings('[]', { processors: 1 })).toThrow('must be a JSON object');
  });
});

test('local.settings.json gives the settings that are text, and the port', () => {
  const text = JSON.stringify({ IsEncrypted: false, Values: { A: '1', B: 2 }, Host: { LocalHttpPort: 7072 } });
  expect(parseLocalSettings(text)).toEqual({ values: { A: '1' }, port: 7072 });
  expect(parseLocalSettings('{}')).toEqual({ values: {}, port: undefined });
});

test.each([
  ['00:00:01', 1000],
  ['01:02:03', 3_723_000],
  ['1.00:00:00.5', 86_400_500],
  ['00:05', 300_000],
  ['5', undefined],
  ['', undefined],
])('the time span "%s" is %s ms', (text, ms) => {
  expect(parseTimeSpan(text)).toBe(ms);
});
