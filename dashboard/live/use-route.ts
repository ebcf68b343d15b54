import { useEffect, useState } from 'preact/hooks';
import { hashOf, parseRoute, type Route } from './route.ts';

/** The route of the current URL. Updates when the URL changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => setHash(location.hash);
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return parseRoute(hash);
}

/** Goes to a route without a new history entry, for input within a view. */
export function replaceRoute(route: Route): void {
  location.replace(hashOf(route));
}
