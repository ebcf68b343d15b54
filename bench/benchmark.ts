/** One subcommand of `npm run bench`. */
export interface Benchmark {
  /** What the benchmark measures, as a line of the usage text. */
  readonly about: string;
  /** Runs the benchmark against its own processes. They have ended when the promise settles. */
  run(options: BenchmarkOptions): Promise<Section>;
}

export interface BenchmarkOptions {
  /** `tiny` checks within seconds that the benchmark still works. Its numbers have no meaning. */
  readonly size: 'full' | 'tiny';
  /** Called with each progress message. */
  readonly note: (line: string) => void;
}

/** The result of a benchmark: a section of a document. */
export interface Section {
  /** The default is docs/performance.md. */
  readonly document?: string;
  readonly title: string;
  /** What was done and what the numbers mean, in Markdown. */
  readonly text: string;
  readonly targets: readonly Target[];
  readonly tables: readonly Table[];
  /** Each section has at most one chart: bars or lines. */
  readonly chart?: BarChart;
  readonly lines?: LineChart;
}

/** A target and the measured value. */
export interface Target {
  readonly what: string;
  readonly target: string;
  readonly measured: string;
  readonly met: boolean;
}

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Groups of horizontal bars on one linear scale. */
export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly groups: readonly {
    readonly name: string;
    readonly bars: readonly { readonly name: string; readonly value: number }[];
  }[];
}

/**
 * Lines over time, in panels below each other. Each panel has its own linear scale that begins at
 * 0.
 */
export interface LineChart {
  readonly title: string;
  /** The part before this minute is shaded, because it is not counted. */
  readonly countedFromMinute: number;
  readonly panels: readonly {
    readonly name: string;
    readonly unit: string;
    readonly lines: readonly { readonly name: string; readonly points: readonly Point[] }[];
  }[];
}

/** A value and its time. */
export interface Point {
  readonly minute: number;
  readonly value: number;
}

/** Formats a number for the tables, with three significant digits. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(magnitude < 0.01 ? 1 : 3)));
}

export function shownAll(values: readonly number[]): string {
  return values.map(shown).join(' · ');
}
