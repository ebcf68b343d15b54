/** The running work that must finish before the host may stop. */
export interface WorkInHand {
  /** Counts `work` as running until it settles. Returns `work`. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves once no work is running, including work that begins meanwhile. Never rejects. */
  finished(): Promise<void>;
}

export function createWorkInHand(): WorkInHand {
  const inHand = new Set<Promise<unknown>>();
  return {
    track: (work) => {
      inHand.add(work);
      const remove = (): void => void inHand.delete(work);
      work.then(remove, remove);
      return work;
    },
    finished: async () => {
      while (inHand.size > 0) await Promise.allSettled(inHand);
    },
  };
}
