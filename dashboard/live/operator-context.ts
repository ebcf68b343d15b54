import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { OperatorApi } from './operator-api.ts';

/** What every view needs: the API, and the names that Customer Insights gives its instances. */
export interface OperatorContext {
  readonly api: OperatorApi;
  /** The name of an instance as far as it is known; else its id. */
  readonly instanceName: (instanceId: string) => string;
}

export const operatorContext = createContext<OperatorContext | undefined>(undefined);

export function useOperator(): OperatorContext {
  const context = useContext(operatorContext);
  if (context === undefined) throw new Error('no operator context around this view');
  return context;
}
