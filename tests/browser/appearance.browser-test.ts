import { describe } from '@jest/globals';
import { testAppearance } from './appearance.ts';
import { openVisit } from './open-visit.ts';

openVisit((visiting) => {
  describe('appearance', () => testAppearance(visiting));
});
