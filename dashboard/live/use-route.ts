import { useEffect, useState } from 'preact/hooks';
import { hashOf, parseRoute, type Route } from './route.ts';

/** The hashes of the views that this tab has gone through, the current one last. */
const visited: string[] = [location.hash];
let isReplacing = false;

function follow(hash: string): void {
  const isBack = !isReplacing && visited.at(-2) === hash;
  if (isReplacing || isBack) visited.pop();
  if (!isBack) visited.push(hash);
  isReplacing = false;
}

/** The route of the current URL. Updates when the URL changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const changed = (): void => {
      follow(location.hash);
      setHash(location.hash);
    };
    addEventListener('hashchange', changed);
    return () => removeEventListener('hashchange', changed);
  }, []);
  return parseRoute(hash);
}

/** Goes to a route without a new history entry, for input within a view. */
export function replaceRoute(route: Route): void {
  const hash = hashOf(route);
  if (hash === location.hash) return;
  isReplacing = true;
  location.replace(hash);
}

/**
 * Closes what is open over a view: goes back when the view was there before it, and otherwise
 * replaces the URL.
 */
export function closeTo(view: Route): void {
  if (visited.at(-2) === hashOf(view)) history.back();
  else replaceRoute(view);
}

/** Goes back to the view before, or to `otherwise` when the tab began here. */
export function goBack(otherwise: Route): void {
  if (visited.length > 1) history.back();
  else replaceRoute(otherwise);
}
