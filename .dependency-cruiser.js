import { forbiddenImports } from './scripts/import-rules.ts';

export default {
  forbidden: forbiddenImports(),
  options: {
    doNotFollow: { path: '^node_modules/' },
    // Imports of types count too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
    },
  },
};
