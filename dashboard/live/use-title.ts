import { useEffect } from 'preact/hooks';

/** The tab says what it shows. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Customer Insights triggers`;
  }, [title]);
}
