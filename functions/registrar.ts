import type { app } from '@azure/functions';

/** The part of the functions library that registers functions. */
export type Registrar = Pick<typeof app, 'http' | 'storageQueue' | 'timer'>;
