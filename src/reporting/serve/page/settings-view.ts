import type { ComparisonGrid } from '../../compare/comparison-grid.ts';

/** What a chart of settings shows, and what a drag over it does. */
export interface SettingsView {
  readonly grid: ComparisonGrid;
  /** Colours and fonts of charts. */
  readonly theme: object;
  /** The places that the filter leaves. */
  readonly shown: ReadonlySet<number>;
  /** Replaces the conditions of the filter on some columns by what was dragged over. */
  brush(ranges: readonly Range[]): void;
}

/** The stretch of a column that was dragged over. */
export type Range =
  | { readonly name: string; readonly low: number; readonly high: number }
  | { readonly name: string; readonly values: readonly string[] };
