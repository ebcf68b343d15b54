/** What the host has begun and has to finish before it may stop. */
export interface WorkInHand {
  /** Counts `work` as in hand until it settles; gives it back. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves once nothing is in hand, including what was begun meanwhile. Never rejects. */
  finished(): Promise<void>;
}

export function createWorkInHand(): WorkInHand {
  const inHand = new Set<Promise<unknown>>();
  return {
    track: (work) => {
      inHand.add(work);
      const settled = (): void => void inHand.delete(work);
      work.then(settled, settled);
      return work;
    },
    finished: async () => {
      while (inHand.size > 0) await Promise.allSettled(inHand);
    },
  };
}
