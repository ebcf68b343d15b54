import { app } from '@azure/functions';

/** Throws while it is loaded, by registering a name twice. */
app.http('hello', { handler: () => ({}) });
app.http('hello', { handler: () => ({}) });
