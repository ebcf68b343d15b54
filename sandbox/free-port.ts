import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/**
 * Below the ports that systems assign for "any port" and for outgoing connections (Linux from
 * 32768, others from 49152).
 */
const FROM = 20_000;
const UNTIL = 32_768;

/**
 * A port that is free on the loopback address. The port is not reserved until the caller listens on
 * it. But systems assign no port of this range by themselves, so another program hardly ever takes
 * it first.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FROM, UNTIL);
    if (await isFree(port)) return port;
  }
}

/** Whether a program could listen on the port of the loopback address now. */
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
