import type { Connector } from './connector.ts';

/**
 * A rule of the platform or of its connector review that the published JSON schemas do not check.
 */
export interface Rule {
  /** The code in the platform's validator, if it has one. */
  readonly id: string;
  /** The condition that must hold. */
  readonly says: string;
  /** Finds the locations that violate the condition. */
  readonly find: (connector: Connector) => string[];
}

export interface Finding {
  readonly id: string;
  readonly location: string;
}
