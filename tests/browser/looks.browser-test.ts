import { describe } from '@jest/globals';
import { testLooks } from './looks.ts';
import { openVisit } from './open-visit.ts';

openVisit((visiting) => {
  describe('looks', () => testLooks(visiting));
});
