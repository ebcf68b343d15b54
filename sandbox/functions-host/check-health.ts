/** What the app reports about its health. */
export type HealthVerdict =
  | { readonly kind: 'healthy' }
  /** The app responded with 503. `detail` is its own sentence. */
  | { readonly kind: 'unhealthy'; readonly detail: string }
  /** The app responded with 503 because of invalid settings, so it cannot do anything. */
  | { readonly kind: 'settings-invalid'; readonly detail: string };

/**
 * Calls the app's health route, an anonymous GET that responds with problem+json when the app is
 * unhealthy. An app without such a route or with an unknown response counts as healthy, because the
 * host cannot know better. Never rejects.
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
