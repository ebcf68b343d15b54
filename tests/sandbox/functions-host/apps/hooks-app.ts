import { app } from '@azure/functions';

/** Hooks of every kind; what they saw is the answer of the one function. */

const seen: string[] = [];
app.hook.appStart(() => void seen.push('appStart'));
app.hook.preInvocation((context) => {
  context.hookData['began'] = true;
  seen.push('preInvocation');
  const handler = context.functionHandler;
  if (context.invocationContext.functionName === 'replaced') {
    context.functionHandler = async (...inputs) => ({ ...((await handler(...inputs)) as object), status: 202 });
  }
});
app.hook.postInvocation((context) => {
  seen.push(`postInvocation ${String(context.hookData['began'])} ${String(context.error !== undefined)}`);
  if (context.invocationContext.functionName === 'forgiven') context.error = null;
});
app.hook.log((context) => {
  context.message = context.message.replace('secret', '***');
});
app.hook.appTerminate(() => void process.stdout.write('terminated\n'));

app.http('seen', { handler: () => ({ jsonBody: seen }) });
app.http('replaced', { handler: () => ({ status: 200 }) });
app.http('forgiven', {
  handler: () => {
    throw new Error('forgive me');
  },
});
app.http('logs', {
  handler: (_, context) => {
    context.log('a secret word');
    context.debug('a debug line');
    context.warn('two\nlines');
    return {};
  },
});
