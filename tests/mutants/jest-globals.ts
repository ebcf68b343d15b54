import * as circus from 'jest-circus';
import { expect } from 'expect';

const realNow = Date.now;

/**
 * What tests import of `@jest/globals`, where Jest itself does not run: many runs of few tests,
 * which begin at once.
 */
export const jestGlobals = {
  ...circus,
  expect,
  /** As much as is used: a wall clock that stands still. */
  jest: {
    useFakeTimers: ({ now }: { now: number }): void => {
      Date.now = () => now;
    },
    useRealTimers: (): void => {
      Date.now = realNow;
    },
  },
};
