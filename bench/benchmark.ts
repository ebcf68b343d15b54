/** One subcommand of `npm run bench`. */
export interface Benchmark {
  /** What it measures, as a line of the usage. */
  readonly about: string;
  /** Runs it against processes of its own, which are gone when it resolves or rejects. */
  run(options: BenchmarkOptions): Promise<Section>;
}

export interface BenchmarkOptions {
  /** `tiny` proves in seconds that the benchmark still works; its numbers mean nothing. */
  readonly size: 'full' | 'tiny';
  /** Is told how far it is. */
  readonly note: (line: string) => void;
}

/** What came of a benchmark: a section of a document. */
export interface Section {
  /** docs/performance.md unless said otherwise. */
  readonly document?: string;
  readonly title: string;
  /** What was done, and what the numbers mean: Markdown. */
  readonly text: string;
  readonly targets: readonly Target[];
  readonly tables: readonly Table[];
  /** A section has one picture: bars or lines. */
  readonly chart?: BarChart;
  readonly lines?: LineChart;
}

/** What a number should be, and what it is. */
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

/** Horizontal bars on one linear scale, in groups. */
export interface BarChart {
  readonly title: string;
  readonly unit: string;
  readonly groups: readonly {
    readonly name: string;
    readonly bars: readonly { readonly name: string; readonly value: number }[];
  }[];
}

/** Lines over time, in panels below each other: each has a linear scale of its own that begins at 0. */
export interface LineChart {
  readonly title: string;
  /** The part before this minute is shaded: it is not counted. */
  readonly countedFromMinute: number;
  readonly panels: readonly {
    readonly name: string;
    readonly unit: string;
    readonly lines: readonly { readonly name: string; readonly points: readonly Point[] }[];
  }[];
}

/** A value, and when it was measured. */
export interface Point {
  readonly minute: number;
  readonly value: number;
}

/** A number as the tables show it: three digits that matter, and no more. */
export function shown(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const magnitude = Math.abs(value);
  if (magnitude >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(magnitude < 0.01 ? 1 : 3)));
}

export function shownAll(values: readonly number[]): string {
  return values.map(shown).join(' · ');
}
