import { asObject, stringField } from './json-fields.ts';

const maxMessageLength = 300;

/**
 * Reads the error message in a response, as one line of at most 300 characters. `undefined` when
 * there is none.
 *
 * Supports a plain string, `ApiErrorResult` and `CIResult` (`message`, `errorCode`, `name`),
 * `ODataError` (`message`) and `StringInfo` (`value`, `key`) of the public client libraries
 * (github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries). Their stack traces,
 * parameters and inner errors are left out. So is everything after the first line, because a .NET
 * message continues with its stack trace.
 */
export function errorMessage(json: unknown): string | undefined {
  const object = asObject(json);
  const message =
    object === undefined
      ? json
      : (stringField(object, 'message') ??
        stringField(object, 'value') ??
        stringField(object, 'errorCode') ??
        stringField(object, 'key') ??
        stringField(object, 'name'));
  return typeof message === 'string' ? oneLine(message.trim().replace(/[\r\n].*/s, '')) : undefined;
}

/**
 * Makes one line of at most 300 characters without control characters, fit for a log. `undefined`
 * when nothing is left.
 */
export function oneLine(message: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- control characters must not reach a log
  const line = message.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line === '' ? undefined : line.slice(0, maxMessageLength).toWellFormed();
}
