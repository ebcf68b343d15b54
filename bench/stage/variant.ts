/** The two compared designs. */
export type Variant = 'ours' | 'conventional';
