/** What the app says of itself. */
export type HealthVerdict =
  | { readonly kind: 'healthy' }
  /** It answered 503; `detail` is its own sentence. */
  | { readonly kind: 'unhealthy'; readonly detail: string }
  /** It answered 503 because of settings at fault: it can do nothing at all. */
  | { readonly kind: 'settings-invalid'; readonly detail: string };

/**
 * Asks the app's health route (an anonymous GET that answers problem+json when it is not well). An app without such a
 * route, or with an answer nobody understands, counts as healthy: the host cannot judge it. Never rejects.
 */
export async function checkHealth(url: string): Promise<HealthVerdict> {
  try {
    const response = await fetch(url);
    const problem = (await response.json()) as { code?: unknown; detail?: unknown };
    if (response.status !== 503) return { kind: 'healthy' };
    const detail = typeof problem.detail === 'string' ? problem.detail : `${url} answers 503`;
    return { kind: problem.code === 'settings-invalid' ? 'settings-invalid' : 'unhealthy', detail };
  } catch {
    return { kind: 'healthy' };
  }
}
