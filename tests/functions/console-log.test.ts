import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { lineWriter } from '../../functions/console-log.ts';

test('the lines of one turn of the event loop are one write, in order', async () => {
  const written: string[] = [];
  const line = lineWriter({ write: (text: string) => written.push(text) > 0 });
  line('one');
  await Promise.resolve();
  line('two');
  expect(written).toEqual([]);
  await new Promise(setImmediate);
  line('three');
  await new Promise(setImmediate);
  expect(written).toEqual(['one\ntwo\n', 'three\n']);
});

test('what was logged last is written although the process ends at once', async () => {
  const script = `
    const { consoleLog } = await import('./functions/console-log.ts');
    consoleLog.info('last.words');
    consoleLog.error('last.error');
    process.exit(0);`;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  const time: unknown = expect.stringMatching(/^2\d{3}-\d\d-\d\dT.*Z$/);
  expect(JSON.parse(stdout)).toMatchObject({ event: 'last.words', level: 'info', time });
  expect(JSON.parse(stderr)).toMatchObject({ event: 'last.error', level: 'error', time });
});
