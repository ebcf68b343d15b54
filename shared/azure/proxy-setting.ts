import type { EnvHttpProxyAgent } from 'undici';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that the SDK's client of queues reads from the environment too: one proxy for http and
 * https, the first that `HTTPS_PROXY`, `ALL_PROXY` or `HTTP_PROXY` names
 * (@typespec/ts-http-runtime, proxyPolicy). undici alone does not read `ALL_PROXY`. `NO_PROXY`
 * names the hosts without a proxy. A host in `NO_PROXY` includes its subdomains for undici; for the
 * SDK, only one with a dot in front does.
 */
export function proxySetting(environment: Environment = process.env): EnvHttpProxyAgent.Options {
  const namesOf = (name: string): (string | undefined)[] => [environment[name], environment[name.toLowerCase()]];
  // An empty variable counts as absent.
  const firstOf = (...names: string[]): string | undefined =>
    names.flatMap(namesOf).find((value) => value !== undefined && value !== '');
  const proxy = firstOf('HTTPS_PROXY', 'ALL_PROXY', 'HTTP_PROXY');
  const noProxy = firstOf('NO_PROXY');
  return {
    ...(proxy !== undefined && { httpProxy: proxy, httpsProxy: proxy }),
    ...(noProxy !== undefined && { noProxy }),
  };
}
