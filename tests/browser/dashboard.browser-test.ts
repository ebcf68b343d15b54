import { describe } from '@jest/globals';
import { testActions } from './actions.ts';
import { testKeyboard } from './keyboard.ts';
import { openVisit } from './open-visit.ts';
import { takePictures } from './pictures.ts';
import { testViews } from './views.ts';

openVisit((visiting) => {
  // First: it begins before anybody has signed in.
  describe('views', () => testViews(visiting));
  describe('pictures', () => takePictures(visiting));
  describe('the keyboard', () => testKeyboard(visiting));
  // Last: they change what there is to see.
  describe('actions', () => testActions(visiting));
});
