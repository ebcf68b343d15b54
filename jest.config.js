/** Jest runs the TypeScript sources as they are: SWC only strips the types and turns imports into requires. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } },
    ],
  },
  extensionsToTreatAsEsm: [],
  testTimeout: 20_000,
  globalSetup: '<rootDir>/tests/helpers/azurite-global-setup.ts',
  globalTeardown: '<rootDir>/tests/helpers/azurite-global-teardown.ts',
};
