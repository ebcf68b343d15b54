/** Reads the heap of a process that was started with `--inspect`. */
export interface Inspector {
  /** Bytes of the JavaScript heap and its buffers after a full garbage collection. */
  liveHeapBytes(): Promise<number>;
  close(): void;
}

type Result = Readonly<Record<string, number>>;

/**
 * `url` is the address that the process writes when it starts: `ws://127.0.0.1:PORT/ID`. Calls
 * reject when the process has ended. The protocol: chromedevtools.github.io/devtools-protocol/v8.
 */
export async function openInspector(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  const waiting = new Map<number, PromiseWithResolvers<Result>>();
  const opened = Promise.withResolvers<undefined>();
  socket.addEventListener('open', () => opened.resolve(undefined));
  socket.addEventListener('close', () => {
    const gone = new Error(`${url} is closed`);
    opened.reject(gone);
    for (const { reject } of waiting.values()) reject(gone);
  });
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result?: Result };
    if (result) waiting.get(id)?.resolve(result);
    else waiting.get(id)?.reject(new Error(String(data)));
    waiting.delete(id);
  });
  await opened.promise;

  let calls = 0;
  const call = (method: string): Promise<Result> => {
    const id = ++calls;
    const answer = Promise.withResolvers<Result>();
    waiting.set(id, answer);
    socket.send(JSON.stringify({ id, method }));
    return answer.promise;
  };
  return {
    async liveHeapBytes() {
      await call('HeapProfiler.collectGarbage');
      const { usedSize = NaN, backingStorageSize = NaN } = await call('Runtime.getHeapUsage');
      return usedSize + backingStorageSize;
    },
    close: () => socket.close(),
  };
}
