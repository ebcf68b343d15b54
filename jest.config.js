import { availableParallelism } from 'node:os';

/** Jest runs the TypeScript sources as they are: SWC only strips the types and turns imports into requires. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  // Set by scripts/test.ts, which knows whether there is a browser.
  testMatch: process.env.TEST_MATCH?.split(' ') ?? ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
    ],
  },
  extensionsToTreatAsEsm: [],
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  // For all: tests wait for conditions. This only ends one that would wait for ever, be the machine as busy as it may.
  testTimeout: 300_000,
  // With one worker for each core, a third of the time is waiting: for hosts, timers and time-outs.
  maxWorkers: 2 * availableParallelism(),
  testSequencer: '<rootDir>/tests/helpers/longest-first.ts',
  reporters: ['<rootDir>/tests/helpers/progress-reporter.ts'],
  globalSetup: '<rootDir>/tests/helpers/azurite-global-setup.ts',
  globalTeardown: '<rootDir>/tests/helpers/azurite-global-teardown.ts',
};
