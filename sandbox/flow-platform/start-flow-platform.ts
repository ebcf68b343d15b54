import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../shared/clock.ts';
import type { Clock } from '../../shared/clock.ts';
import { systemRandom } from '../../shared/random.ts';
import type { Random } from '../../shared/random.ts';
import { createCallLog } from './call-log.ts';
import type { CallView } from './call-log.ts';
import { createCallbackEndpoint } from './callback-endpoint.ts';
import { createControl } from './control.ts';
import { createFlow } from './flow.ts';
import type { Flow, FlowDefinition } from './flow.ts';
import { createGateway } from './gateway.ts';
import { createWorkflowIdentifiers } from './workflow-identifiers.ts';

export interface FlowPlatformOptions {
  /** The base URL of the backend's API with its prefix, such as `http://127.0.0.1:7071/api`. */
  readonly backendUrl: string;
  /**
   * The connection's key, sent as `x-functions-key` to the backend's own host. By default no key is
   * sent.
   */
  readonly key?: string;
  /** The default 0 is any free port. */
  readonly port?: number;
  /**
   * The pauses before a failed subscribe is repeated. The default is four repeats, like the default
   * policy of Logic Apps, but within two seconds instead of minutes.
   */
  readonly subscribeRetryDelaysMs?: readonly number[];
  readonly clock?: Clock;
  readonly random?: Random;
}

/**
 * A running platform. Its calls, runs and waits include those of all flows and those that match no
 * flow.
 */
export interface FlowPlatform extends CallView {
  /** The base URL for callbacks and control requests, without a trailing slash. */
  readonly url: string;
  /** In order of creation, including deleted flows. */
  readonly flows: readonly Flow[];
  /** Creates a flow. Nothing is sent before the flow is saved. */
  createFlow(definition: FlowDefinition): Flow;
  /** Closes every connection and ends every wait. The backend keeps its subscriptions. */
  stop(): Promise<void>;
}

/** Starts a simulated Power Automate on 127.0.0.1. Rejects when the port is in use. */
export async function startFlowPlatform(options: FlowPlatformOptions): Promise<FlowPlatform> {
  const { backendUrl, key, port = 0, subscribeRetryDelaysMs = [100, 200, 400, 800] } = options;
  const { clock = systemClock, random = systemRandom } = options;
  const stopping = new AbortController();
  const { signal } = stopping;

  const server = createServer();
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const identifiers = createWorkflowIdentifiers({ clock, random });
  const gateway = createGateway({ backendUrl, key, clock, retryDelaysMs: subscribeRetryDelaysMs, signal });
  const log = createCallLog({ clock, signal });
  const environmentId = identifiers.guid();
  const flows: Flow[] = [];
  const byWorkflowId = new Map<string, Flow>();
  const addFlow = (definition: FlowDefinition): Flow => {
    const flow = createFlow(definition, { origin, environmentId, gateway, identifiers, viewOf: (id) => log.of(id) });
    flows.push(flow);
    byWorkflowId.set(flow.workflowId, flow);
    return flow;
  };

  const callbacks = createCallbackEndpoint({
    origin,
    flowOf: (workflowId) => byWorkflowId.get(workflowId),
    log,
    identifiers,
    clock,
    signal,
  });
  const control = createControl({ flows, createFlow: addFlow, log: log.all });
  server.on('request', (request, response) => {
    const handle = request.url?.startsWith('/control/') ? control : callbacks;
    handle(request, response).catch((error: unknown) => {
      // No response is needed when the caller has closed the connection or the platform stops. Any
      // other error is a bug of this sandbox.
      if (response.destroyed || signal.aborted) return;
      console.error(error);
      response.destroy();
    });
  });

  return {
    ...log.all,
    url: origin,
    flows,
    createFlow: addFlow,
    stop: async () => {
      stopping.abort(new Error('the flow platform was stopped'));
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await Promise.all([closed, gateway.close()]);
    },
  };
}
