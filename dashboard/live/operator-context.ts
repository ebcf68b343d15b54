import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { OperatorApi } from './operator-api.ts';
import type { Question } from './question.ts';

/** The context that every view uses. */
export interface OperatorContext {
  readonly api: OperatorApi;
  /** The name of an instance, or its id when the name is unknown. */
  readonly instanceName: (instanceId: string) => string;
  /** The known names of instances, by id. */
  readonly instances: ReadonlyMap<string, string>;
  /** Whether every action would be refused, because the key or role may only read. */
  readonly isReadOnly: boolean;
  /** Asks for confirmation of an action, runs it, and shows its result. */
  readonly ask: (question: Question) => void;
}

export const operatorContext = createContext<OperatorContext | undefined>(undefined);

export function useOperator(): OperatorContext {
  const context = useContext(operatorContext);
  if (context === undefined) throw new Error('no operator context around this view');
  return context;
}
