import { builtinModules } from 'node:module';
import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/**
 * Only `shared/config.ts` reads settings of the app, so that every setting is in one schema. The
 * proxy is a setting of the machine, which the SDK reads from the environment by itself too.
 */
const environmentReaders = [
  'shared/config.ts',
  'shared/azure/proxy-setting.ts',
  'sandbox/**',
  'scripts/**',
  'bench/**',
  'tests/**',
  'functions/index.ts',
];

export default tseslint.config(
  { ignores: ['dist', 'build', 'coverage', 'node_modules', 'bench/peers', '**/*.js'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      // A `default` does not stand for the cases of a union. It is allowed beside them for `unreachable`.
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, allowDefaultCaseForExhaustiveSwitch: true },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/only-throw-error': 'error',
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Settings are read by shared/config.ts alone.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: `:matches(ImportDeclaration, ImportExpression, ExportNamedDeclaration, ExportAllDeclaration, TSImportType) > .source[value=/^(${builtinModules.filter((name) => !name.startsWith('_') && !name.includes('/')).join('|')})(\\u002f|$)/]`,
          message: 'A module of Node is imported with the prefix node:.',
        },
      ],
      // Taking a property out of an object to leave it behind is how a row is made from what it is not.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  { files: environmentReaders, rules: { 'no-restricted-properties': 'off' } },
  { files: ['sandbox/**', 'scripts/**', 'bench/**'], rules: { 'no-console': 'off' } },
);
