import { forbiddenImports } from './scripts/import-rules.ts';

export default {
  forbidden: forbiddenImports(),
  options: {
    doNotFollow: { path: '^node_modules/' },
    // Has packages of its own.
    exclude: { path: '^bench/peers/' },
    // Imports of types count too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
