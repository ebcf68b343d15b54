import type { JSX } from 'preact';

/** A link to the flow's page in Power Automate. */
export function FlowLink({ url, label }: { readonly url: string; readonly label: string }): JSX.Element {
  return (
    <a href={url} target="_blank" rel="noreferrer" aria-label={`Open flow of ${label} in Power Automate`}>
      Open flow <span aria-hidden="true">↗</span>
    </a>
  );
}
