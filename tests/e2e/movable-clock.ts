/*
 * Loaded into a functions host before anything else (`node --import`). The clock of its process is
 * `CLOCK_AHEAD_HOURS` ahead, and one hour more after each SIGUSR2. Timers wait as long as ever:
 * only what reads the time sees it move.
 */

const HOUR_MS = 3_600_000;
const RealDate = Date;
let aheadMs = Number(process.env['CLOCK_AHEAD_HOURS'] ?? 0) * HOUR_MS;

process.on('SIGUSR2', () => {
  aheadMs += HOUR_MS;
});

class MovedDate extends RealDate {
  constructor(...parts: readonly unknown[]) {
    super(...((parts.length === 0 ? [MovedDate.now()] : parts) as [number]));
  }

  static override now(): number {
    return RealDate.now() + aheadMs;
  }
}

globalThis.Date = MovedDate as DateConstructor;
