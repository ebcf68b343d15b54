import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below those that systems give to whoever asks for any port, and to outgoing connections (Linux from 32768, others from 49152). */
const FROM = 20_000;
const UNTIL = 32_768;

/**
 * A port that nobody has on the loopback address. Nothing holds it until it is listened on; but it is one of many that is given to
 * nobody who does not name it, so that it hardly ever goes to somebody faster.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FROM, UNTIL);
    if (await isFree(port)) return port;
  }
}

/** Whether the port could be listened on at the loopback address right now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
    throw error;
  }
  server.close();
  await once(server, 'close');
  return true;
}
