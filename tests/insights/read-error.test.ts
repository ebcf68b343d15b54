import { describe, expect, test } from '@jest/globals';

import { errorMessage, oneLine } from '../../shared/insights/read-error.ts';
import { parseTask } from '../../shared/insights/parse-workflow.ts';

describe('what the service says about a failure', () => {
  test.each<[string, unknown, string | undefined]>([
    ['ApiErrorResult', { exception: 'at X.Y()', errorCode: 'E1', message: 'It failed.', name: 'n' }, 'It failed.'],
    ['a result without message', { errorCode: 'dataSourceNotFound', name: 'n' }, 'dataSourceNotFound'],
    [
      'ODataError',
      { ErrorCode: 'E1', Message: 'No such entity.', InnerError: { StackTrace: 'at' } },
      'No such entity.',
    ],
    ['StringInfo', { value: 'The segment is gone.', key: 'segmentNotFound' }, 'The segment is gone.'],
    ['StringInfo without text', { key: 'segmentNotFound', args: ['x'] }, 'segmentNotFound'],
    ['plain text', 'It failed.', 'It failed.'],
    ['a message with its trace', { message: '\r\nIt failed.\n   at X.Y()\n' }, 'It failed.'],
    ['an object that says nothing', { params: { a: 1 } }, undefined],
    ['nothing', null, undefined],
    ['blanks', { message: ' \n ' }, undefined],
  ])('is read from %s', (_what, json, message) => {
    expect(errorMessage(json)).toBe(message);
  });

  test('is one line of at most 300 characters, none of them cut in half', () => {
    expect(errorMessage('x'.repeat(400))).toHaveLength(300);
    expect(errorMessage(`${'x'.repeat(299)}😀`)?.isWellFormed()).toBe(true);
    expect(oneLine('a\u0000b\tc\r\nd')).toBe('a b c d');
  });

  test('is the first of the errors of a task that says something', () => {
    expect(parseTask({ taskId: 't', ciError: null, ciErrors: [{}, { message: 'Timed out.' }] })?.error).toBe(
      'Timed out.',
    );
    expect(parseTask({ taskId: 't', ciError: { message: 'First.' }, ciErrors: [{ message: 'Next.' }] })?.error).toBe(
      'First.',
    );
  });
});
