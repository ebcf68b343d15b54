import { expect, test } from '@jest/globals';
import { deferred } from '../../functions/deferred.ts';

interface Port {
  read(name: string): Promise<string>;
  close(): Promise<void>;
}
const methods = { read: true, close: true } as const;
const port: Port = { read: (name) => Promise.resolve(`read ${name}`), close: () => Promise.resolve() };

test('a port is loaded once, with the first call of any method', async () => {
  let loads = 0;
  const load = (): Promise<Port> => {
    loads += 1;
    return Promise.resolve(port);
  };
  const later = deferred<Port>(load, methods);
  expect(loads).toBe(0);
  expect(await Promise.all([later.read('a'), later.read('b'), later.close()])).toEqual(['read a', 'read b', undefined]);
  expect(loads).toBe(1);
});

test('a load that fails fails the calls that wait for it, and the next call loads again', async () => {
  let loads = 0;
  const load = (): Promise<Port> => {
    loads += 1;
    return loads === 1 ? Promise.reject(new Error('EIO: i/o error')) : Promise.resolve(port);
  };
  const later = deferred<Port>(load, methods);
  const results = await Promise.allSettled([later.read('a'), later.read('b')]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await later.read('c')).toBe('read c');
  expect(loads).toBe(2);
});
