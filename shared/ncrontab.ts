/** A parsed NCRONTAB expression: the allowed values of each field, in UTC. */
export interface Schedule {
  readonly seconds: ReadonlySet<number>;
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  /** 0 is Sunday. */
  readonly weekdays: ReadonlySet<number>;
}

interface Field {
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const SECONDS: Field = { min: 0, max: 59 };
const MINUTES: Field = { min: 0, max: 59 };
const HOURS: Field = { min: 0, max: 23 };
const DAYS: Field = { min: 1, max: 31 };
const MONTHS: Field = {
  min: 1,
  max: 12,
  names: 'january february march april may june july august september october november december'.split(' '),
};
const WEEKDAYS: Field = {
  min: 0,
  max: 6,
  names: 'sunday monday tuesday wednesday thursday friday saturday'.split(' '),
};

/**
 * How far ahead `nextOccurrence` searches. The rarest date, 29 February on a given weekday, occurs
 * at least once in 40 years.
 */
const FURTHEST_MS = 41 * 366 * 24 * 3600 * 1000;

/**
 * Parses `{second} {minute} {hour} {day} {month} {weekday}`, or five fields that begin with the
 * minute. `undefined` for any other text. Fields may hold `*`, numbers, names, ranges, steps and
 * lists (learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions).
 */
export function parseSchedule(expression: string): Schedule | undefined {
  const parts = expression.trim().split(/\s+/);
  if (parts.length === 5) parts.unshift('0');
  if (parts.length !== 6) return undefined;
  const fields = [SECONDS, MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS].map((field, index) =>
    values(field, parts[index] ?? ''),
  );
  const [seconds, minutes, hours, days, months, weekdays] = fields;
  if (!seconds || !minutes || !hours || !days || !months || !weekdays) return undefined;
  return { seconds, minutes, hours, days, months, weekdays };
}

/**
 * The first occurrence (in ms) strictly after `afterMs`. `undefined` when there is none, for
 * example on 30 February. A day must match both the day and the weekday field, while Unix cron
 * requires only one of the two.
 */
export function nextOccurrence(schedule: Schedule, afterMs: number): number | undefined {
  const end = afterMs + FURTHEST_MS;
  let ms = (Math.floor(afterMs / 1000) + 1) * 1000;
  while (ms < end) {
    const at = new Date(ms);
    const [year, month, day, hour] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate(), at.getUTCHours()];
    if (!schedule.months.has(month + 1)) ms = Date.UTC(year, month + 1);
    else if (!schedule.days.has(day) || !schedule.weekdays.has(at.getUTCDay())) ms = Date.UTC(year, month, day + 1);
    else if (!schedule.hours.has(hour)) ms = Date.UTC(year, month, day, hour + 1);
    else if (!schedule.minutes.has(at.getUTCMinutes())) ms = Date.UTC(year, month, day, hour, at.getUTCMinutes() + 1);
    else if (!schedule.seconds.has(at.getUTCSeconds())) ms += untilSecond(schedule.seconds, at.getUTCSeconds()) * 1000;
    else return ms;
  }
  return undefined;
}

/**
 * The number of seconds from second `from` to the next second in `seconds`, or to the next minute
 * if no second is left in this one.
 */
function untilSecond(seconds: ReadonlySet<number>, from: number): number {
  return Math.min(60, ...[...seconds].filter((second) => second > from)) - from;
}

/**
 * The number of occurrences that `periodOf` compares. A schedule with unequal periods usually has
 * fewer than 100 occurrences a day, so 100 cover a whole day.
 */
const OCCURRENCES = 100;

/**
 * The shortest time (in ms) between two successive occurrences among the first hundred after
 * `afterMs`. `schedule` must have an occurrence.
 */
export function periodOf(schedule: Schedule, afterMs: number): number {
  let shortest = Infinity;
  let at = nextOccurrence(schedule, afterMs);
  for (let count = 1; count < OCCURRENCES && at !== undefined; count++) {
    const next = nextOccurrence(schedule, at);
    if (next !== undefined) shortest = Math.min(shortest, next - at);
    at = next;
  }
  return shortest;
}

function values(field: Field, expression: string): Set<number> | undefined {
  const found = new Set<number>();
  for (const item of expression.split(',')) {
    const match = /^(\*|[^-/*]+)(?:-([^-/*]+))?(?:\/(\d+))?$/.exec(item);
    if (!match) return undefined;
    const [, first = '', last, step] = match;
    const from = first === '*' ? field.min : value(field, first);
    const to = last !== undefined ? value(field, last) : first === '*' || step !== undefined ? field.max : from;
    if (from === undefined || to === undefined || (first === '*' && last !== undefined)) return undefined;
    // NCrontab reads a reversed range as the same range forwards, and a step below 1 as 1.
    for (let n = Math.min(from, to); n <= Math.max(from, to); n += Math.max(1, Number(step ?? 1))) found.add(n);
  }
  return found;
}

function value(field: Field, text: string): number | undefined {
  const named = field.names?.findIndex((name) => name.startsWith(text.toLowerCase())) ?? -1;
  const number = /^\d+$/.test(text) ? Number(text) : named >= 0 ? named + field.min : undefined;
  return number !== undefined && number >= field.min && number <= field.max ? number : undefined;
}
