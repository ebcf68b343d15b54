import type { app } from '@azure/functions';

/** What registering needs of the functions library. */
export type Registrar = Pick<typeof app, 'http' | 'storageQueue' | 'timer'>;
