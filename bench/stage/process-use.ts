import { readdir, readFile } from 'node:fs/promises';

/** What a process holds of the machine. */
export interface ProcessUse {
  readonly residentBytes: number;
  /** Open file descriptors: sockets, pipes, files. */
  readonly handles: number;
}

/** As Linux tells it (man 5 proc); rejects elsewhere, and when the process is gone. */
export async function processUse(pid: number): Promise<ProcessUse> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  return { residentBytes: Number(kilobytes) * 1024, handles: (await readdir(`/proc/${pid}/fd`)).length };
}
