import { app } from '@azure/functions';

app.http('Hello', { methods: ['GET'], authLevel: 'anonymous', handler: () => ({ body: 'hello' }) });
