import path from 'node:path';
import { buildApp } from './build-app.ts';
import { readCommandLine } from './command-line.ts';

readCommandLine(
  `npm run build

Bundles the app and its dashboard into the folder dist.`,
  {},
);
await buildApp(path.join(import.meta.dirname, '..'));
