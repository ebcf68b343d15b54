import { TableClient } from '@azure/data-tables';
import { app } from '@azure/functions';
import { QueueClient } from '@azure/storage-queue';
import { Ajv } from 'ajv';
import { Agent, request } from 'undici';

// Named in the response so that the bundler keeps the packages.
const packages = [TableClient, QueueClient, Ajv, Agent, request];
app.http('Hello', { methods: ['GET'], authLevel: 'anonymous', handler: () => ({ body: String(packages.length) }) });
