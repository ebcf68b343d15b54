import type { JSX } from 'preact';
import { Panel } from '../parts/panel.tsx';

const createFlowUrl = document.querySelector('meta[name=create-flow-url]')?.getAttribute('content') ?? '';

/** The start for makers: two files to import, in this order, and a link to create a flow. */
export function MakersPanel(): JSX.Element {
  return (
    <Panel
      id="makers"
      title="For makers of flows"
      aside={
        <a class="button" href={createFlowUrl} target="_blank" rel="noreferrer">
          Create a flow
        </a>
      }
    >
      <div class="makers">
        <ol>
          <li>
            Import the connector: <a href="connector/connector-solution.zip">connector-solution.zip</a>
          </li>
          <li>
            Import four flows, ready to turn on: <a href="connector/flows-solution.zip">flows-solution.zip</a>
          </li>
        </ol>
        <p>
          Both are made for this address. Without solutions, the parts of the connector:{' '}
          <a href="connector/apiDefinition.swagger.json">definition</a>,{' '}
          <a href="connector/apiProperties.json">properties</a>, <a href="connector/icon.png">icon</a>.
        </p>
      </div>
    </Panel>
  );
}
