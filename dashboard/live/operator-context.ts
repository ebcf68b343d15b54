import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { OperatorApi } from './operator-api.ts';
import type { Question } from './question.ts';

/** What every view needs. */
export interface OperatorContext {
  readonly api: OperatorApi;
  /** The name of an instance as far as it is known; else its id. */
  readonly instanceName: (instanceId: string) => string;
  /** The instances that have names, by id. */
  readonly instances: ReadonlyMap<string, string>;
  /** Asks before something is done, does it, and says what happened. */
  readonly ask: (question: Question) => void;
}

export const operatorContext = createContext<OperatorContext | undefined>(undefined);

export function useOperator(): OperatorContext {
  const context = useContext(operatorContext);
  if (context === undefined) throw new Error('no operator context around this view');
  return context;
}
