import { app } from '@azure/functions';

/** Answers its health check as the environment says. */
app.http('health', {
  methods: ['GET'],
  handler: () => ({ status: 503, jsonBody: { code: process.env['HEALTH_CODE'], detail: 'POLL_SCHEDULE is wrong.' } }),
});
