import type { Connector } from './connector.ts';

/** Something that the platform or the review of a connector refuses, and that its published JSON schemas let through. */
export interface Rule {
  /** The code of the platform's validator where it has one. */
  readonly id: string;
  /** What must hold. */
  readonly says: string;
  /** Where it does not. */
  readonly find: (connector: Connector) => string[];
}

export interface Finding {
  readonly id: string;
  readonly place: string;
}
