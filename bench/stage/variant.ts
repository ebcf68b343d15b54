/** The two designs that are compared. */
export type Variant = 'ours' | 'conventional';
