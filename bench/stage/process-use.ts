import { readdir, readFile } from 'node:fs/promises';

/** The resources of a process. */
export interface ProcessUse {
  readonly residentBytes: number;
  /** The most that it has been. */
  readonly peakResidentBytes: number;
  /** Processor time since the start, of all threads. Linux counts it in steps of 10 ms. */
  readonly processorMs: number;
  /** Open file descriptors: sockets, pipes, files. */
  readonly handles: number;
}

/** Read from Linux (man 5 proc). Rejects on other systems and when the process has ended. */
export async function processUse(pid: number): Promise<ProcessUse> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024;
  return {
    residentBytes: bytes('VmRSS'),
    peakResidentBytes: bytes('VmHWM'),
    processorMs: await processorMs(pid),
    handles: (await readdir(`/proc/${pid}/fd`)).length,
  };
}

async function processorMs(pid: number): Promise<number> {
  // The second field is the name of the program in parentheses. User and system time are the 14th
  // and 15th.
  const [, rest = ''] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
