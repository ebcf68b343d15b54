import { readFile } from 'node:fs/promises';
import { expect, test } from '@jest/globals';
import { parseLocalSettings } from '../../sandbox/functions-host/host-settings.ts';
import { defaultPorts } from '../../sandbox/stack.ts';
import { readConfig } from '../../shared/config.ts';
import { settings } from '../../shared/settings.ts';

const sample = async () => parseLocalSettings(await readFile('local.settings.sample.json', 'utf8'));

test('local.settings.sample.json has every setting, and all its values are valid', async () => {
  const { values } = await sample();
  const platform = ['FUNCTIONS_WORKER_RUNTIME', 'AzureWebJobsStorage'];
  expect(Object.keys(values).toSorted()).toEqual([...platform, ...Object.keys(settings)].toSorted());
  expect(readConfig(values)).toMatchObject({ kind: 'valid' });
});

test('local.settings.sample.json fits the default ports of the sandboxes', async () => {
  const { values, port } = await sample();
  expect(port).toBe(defaultPorts.app);
  expect(values).toMatchObject({
    CUSTOMER_INSIGHTS_API_URL: `http://127.0.0.1:${defaultPorts.insights}/v1`,
    PUBLIC_BASE_URL: `http://127.0.0.1:${defaultPorts.app}`,
  });
});
