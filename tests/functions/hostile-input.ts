import fc from 'fast-check';

/**
 * What is sent by those who do not mean well, or know no better. All of it seeded by fast-check.
 */

const printable = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)), maxLength });

const escaped = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 })
  .map((bytes) => bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''));

const unicode = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => encodeURIComponent(text.toWellFormed()));

const pathTricks = [
  ...[
    '.',
    '..',
    '%2e',
    '%2e%2e',
    '..%2f..%2f',
    '%2F',
    '%252F',
    '%5c..%5c',
    '%00',
    '%0d%0aset-cookie:%20x=1',
    '%',
    '%zz',
  ],
  ...['%c0%af', '%ff%fe', '%ed%a0%80', '~', '*', '{id}', '__proto__', 'constructor', '%27%20or%201%20eq%201', '%20'],
  ...['$batch', '(x)', ';x=1', '@', 'x'.repeat(2_000), '%E5%AE%A2'.repeat(100), '9'.repeat(400), '-1', 'null', 'NaN'],
];

/**
 * One segment of a path: without a question mark, which would end it, and without what no client
 * could send.
 */
export const hostileSegments: fc.Arbitrary<string> = fc
  .oneof(fc.constantFrom(...pathTricks), printable(40), escaped, unicode)
  .map((segment) => segment.replaceAll(/[?#]/g, '') || '%20');

const parameters = [
  ...[
    'top',
    'next',
    'since',
    'instanceId',
    'trigger',
    'status',
    'eventId',
    'subscriptionId',
    'reportType',
    'code',
    'skip',
  ],
  ...[
    '$top',
    '$skip',
    '$filter',
    '$select',
    '$orderby',
    '$search',
    '$expand',
    '$count',
    'validUntil',
    'caller',
    '__proto__',
  ],
];

const values = fc.oneof(
  fc.constantFrom(
    ...[
      '',
      '0',
      '-1',
      '1e9',
      '99999999999999999999',
      '0x10',
      'NaN',
      'Infinity',
      '1.5',
      'true',
      'null',
      '[]',
      '{}',
      '%00',
    ],
    ...[
      '2026-11-23',
      '2026-11-23T10:00:00Z',
      '9999-99-99',
      '+275760-09-13',
      '%2B',
      '+',
      "'",
      "%27%20or%20'1'%20eq%20'1",
    ],
    ...[
      'FullName%20eq%20%27x%27',
      '%0d%0ax-evil:1',
      'eyJuIjoxfQ==',
      'a'.repeat(3_000),
      '%ff',
      '%F0%9F%9A%80',
      'segments',
    ],
  ),
  printable(30),
  escaped,
  unicode,
);

/**
 * Most queries of a call that has parameters have no others: one that it does not have would be all
 * that is looked at.
 */
export function hostileQueries(known: readonly string[]): fc.Arbitrary<string> {
  const anyName = fc.oneof(fc.constantFrom(...parameters), escaped, printable(8));
  const named = (name: fc.Arbitrary<string>): fc.Arbitrary<string> =>
    fc
      .array(fc.tuple(name, values), { maxLength: 4 })
      .map((pairs) => pairs.map(([one, value]) => `${one}=${value}`.replaceAll('#', '%23')).join('&'))
      .map((query) => (query === '' ? '' : `?${query}`));
  return fc.oneof(
    { weight: 1, arbitrary: named(anyName) },
    { weight: 4, arbitrary: named(fc.constantFrom('code', ...known)) },
  );
}

const contentTypes = [
  ...['application/json', 'application/json; charset=utf-16', 'text/plain', 'application/xml', 'multipart/form-data'],
  ...['application/x-www-form-urlencoded', 'application/octet-stream', '*/*', ';', 'x', 'a'.repeat(1_000)],
];
const principals = ['bm9uc2Vuc2U=', 'e30=', 'bnVsbA==', 'W10=', '!', 'eyJjbGFpbXMiOlt7InR5cCI6MX1dfQ=='];

export const hostileHeaders: fc.Arbitrary<Record<string, string>> = fc.record(
  {
    'content-type': fc.constantFrom(...contentTypes),
    'x-ms-workflow-id': printable(600),
    'x-ms-workflow-operation-name': printable(100),
    'x-ms-environment-id': printable(100),
    'x-ms-client-principal': fc.oneof(fc.constantFrom(...principals), printable(60)),
    'x-forwarded-host': fc.constantFrom('evil.example', '"><script>', 'a'.repeat(500)),
    'x-http-method-override': fc.constantFrom('DELETE', 'PUT'),
    'content-encoding': fc.constantFrom('gzip', 'br', 'nonsense'),
    accept: fc.constantFrom('text/html', '*/*;q=nan', ''),
    range: fc.constantFrom('bytes=0-1', 'bytes=-999999999999'),
    'if-match': fc.constantFrom('*', 'W/"x"'),
    host: fc.constantFrom('evil.example', 'localhost:1', '[::1]'),
  },
  { requiredKeys: [] },
);

/**
 * Values that fit nowhere: none of them is a text, an id, a number or an address that a body may
 * have.
 */
const misfits: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    [],
    {},
    [[]],
    '',
    { toString: 'x' },
    ['x'],
    { $ne: null },
    '\u0000',
    '\ud800',
    '..',
  ),
  fc.array(fc.anything({ maxDepth: 3 }), { maxLength: 3 }).map((list) => ({ list })),
  fc.string({ unit: 'binary', minLength: 300, maxLength: 2_000 }),
);

/** JSON, or not quite, around a body that would have been taken. */
function spoiled(genuine: Readonly<Record<string, unknown>>): fc.Arbitrary<string> {
  const names = Object.keys(genuine);
  const name = fc.constantFrom(...names);
  // An optional input that is empty counts as absent: that body would be taken.
  const misfit = fc
    .tuple(name, misfits)
    .filter(([one, value]) => one !== 'dataSourceId' || !['""', 'null'].includes(stringified(value)));
  return fc.oneof(
    // A wrong value.
    misfit.map(([one, value]) => stringified({ ...genuine, [one]: value })),
    // Something missing, something else instead.
    name.map((one) =>
      stringified({ ...Object.fromEntries(Object.entries(genuine).filter(([key]) => key !== one)), extra: 1 }),
    ),
    // Keys that mean something to a careless reader; written out, because an object literal would
    // swallow them.
    fc
      .tuple(
        fc.constantFrom('__proto__', 'constructor', 'prototype', 'toString', '', '\\u0000', 'id', 'status'),
        misfits,
      )
      .map(([key, value]) => `{"${key}":${stringified(value)},${stringified(genuine).slice(1)}`),
    // A key twice; the last one counts.
    misfit.map(([one, value]) => `${stringified(genuine).slice(0, -1)},"${one}":${stringified(value)}}`),
    // Numbers that are none, or too large for one.
    fc
      .tuple(
        name,
        fc.constantFrom('NaN', 'Infinity', '-Infinity', '1e999', '-1e999', '0x1F', '01', '1.', '.5', 'undefined'),
      )
      .map(([one, number]) => `${stringified(genuine).slice(0, -1)},"${one}":${number}}`),
    // Deep.
    fc
      .tuple(name, fc.integer({ min: 1, max: 30_000 }))
      .map(([one, depth]) => `${stringified(genuine).slice(0, -1)},"${one}":${'['.repeat(depth)}${']'.repeat(depth)}}`),
    // Cut off, or with something behind.
    fc.nat(stringified(genuine).length - 1).map((length) => stringified(genuine).slice(0, length)),
    fc.constantFrom('}', ' x', '\u0000', '{}', ',').map((behind) => stringified(genuine) + behind),
    fc.constantFrom('[', ']').map(() => `[${stringified(genuine)}]`),
  );
}

function stringified(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (typeof one === 'bigint' ? String(one) : one));
}

const raw: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((json) => Buffer.from(json)),
  fc
    .constantFrom('', 'null', '0', '"x"', '[]', '{}', '{"a":', '\ufeff{}', 'a=1&b=2', '<a/>', '{"a":1}{"b":2}')
    .map((text) => Buffer.from(text)),
  fc.constantFrom(64, 70, 200).map((kib) => Buffer.from(`{"label":"${'x'.repeat(kib * 1024)}"}`)),
  // Bad UTF-8 within JSON.
  fc
    .constantFrom('ff', 'c0af', 'eda080', 'f8888080')
    .map((hex) => Buffer.concat([Buffer.from('{"label":"'), Buffer.from(hex, 'hex'), Buffer.from('"}')])),
);

/** Bodies none of which may be taken, around one that would have been. */
export function hostileBodies(genuine: Readonly<Record<string, unknown>> | undefined): fc.Arbitrary<Buffer> {
  if (genuine === undefined) return raw;
  return fc.oneof(
    { weight: 3, arbitrary: spoiled(genuine).map((text) => Buffer.from(text)) },
    { weight: 1, arbitrary: raw },
  );
}
