import { asObject, text } from './json-fields.ts';

const longestMessage = 300;

/**
 * What the service says about a failure, as one line of at most 300 characters; `undefined` when it says nothing.
 *
 * Reads a plain string, `ApiErrorResult` and `CIResult` (`message`, `errorCode`, `name`), `ODataError` (`message`) and
 * `StringInfo` (`value`, `key`) of the public client libraries
 * (github.com/microsoft/Dynamics365-CustomerInsights-Client-Libraries). Their stack traces, parameters and inner errors
 * are left behind, and so is everything after the first line, where a .NET message carries its trace.
 */
export function errorMessage(json: unknown): string | undefined {
  const object = asObject(json);
  const said =
    object === undefined
      ? json
      : (text(object, 'message') ??
        text(object, 'value') ??
        text(object, 'errorCode') ??
        text(object, 'key') ??
        text(object, 'name'));
  return typeof said === 'string' ? oneLine(said.trim().replace(/[\r\n].*/s, '')) : undefined;
}

/** At most 300 characters on one line, fit for a log; `undefined` when nothing is left. */
export function oneLine(said: string): string | undefined {
  // eslint-disable-next-line no-control-regex -- they are what must not reach a log
  const line = said.replace(/[\u0000-\u001f\u007f]+/g, ' ').trim();
  return line === '' ? undefined : line.slice(0, longestMessage).toWellFormed();
}
