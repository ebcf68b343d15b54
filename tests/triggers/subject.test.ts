import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkKeys } from '../../shared/storage/table-limits.ts';
import { packGuid, shortHash, subjectPartition, unpackGuid } from '../../shared/triggers/subject.ts';
import { triggerNames } from '../../shared/triggers/trigger.ts';
import { anyGuid, anyTextLike } from '../helpers/arbitrary-ids.ts';
import { runsOf } from '../helpers/test-size.ts';

describe('a packed GUID', () => {
  test('is 22 safe characters that hold the GUID', () => {
    fc.assert(
      fc.property(anyGuid(), (guid) => {
        const packed = packGuid(guid);
        expect(packed).toMatch(/^[A-Za-z0-9_-]{22}$/);
        expect(unpackGuid(packed)).toBe(guid);
      }),
    );
  });

  test('is the only text that unpacks to its GUID', () => {
    fc.assert(
      fc.property(anyTextLike(anyGuid().map(packGuid)), (text) => {
        const guid = unpackGuid(text);
        if (guid !== undefined) expect(packGuid(guid)).toBe(text);
      }),
      { numRuns: runsOf(2000) },
    );
  });

  test.each(['', 'contoso', '0F1E2D3C-4B5A-4968-8776-655443322110', '{0f1e2d3c-4b5a-4968-8776-655443322110}'])(
    'is not made of %j',
    (text) => {
      expect(() => packGuid(text)).toThrow(RangeError);
    },
  );
});

describe('a short hash', () => {
  test('is 22 safe characters, whatever the text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (parts) => {
        expect(shortHash(...parts)).toMatch(/^[A-Za-z0-9_-]{22}$/);
      }),
    );
  });

  test('differs when the same text is cut into other parts', () => {
    const hashes = [['abc'], ['a', 'bc'], ['ab', 'c'], ['', 'abc'], ['abc', ''], ['1:abc']].map((parts) =>
      shortHash(...parts),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});

test('the partition of any subject is one that storage takes', () => {
  fc.assert(
    fc.property(anyGuid(), fc.constantFrom(...triggerNames), fc.string({ unit: 'binary' }), (guid, trigger, name) => {
      const partitionKey = subjectPartition(guid, trigger, shortHash(name));
      expect(() => checkKeys({ partitionKey, rowKey: 'any' })).not.toThrow();
    }),
  );
});
