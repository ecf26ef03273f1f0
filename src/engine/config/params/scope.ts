import type { Report, Reporting, Span } from '../../diagnostics/diagnostic.ts';
import type { Node } from '../yaml/node.ts';

/** The variables that a text may name. */
export interface Scope extends Reporting {
  /**
   * The value of a dotted name such as `params.epochs`; undefined for an unknown one, which goes to
   * `report`, by default the scope's.
   */
  lookup(name: string, at: Span, report?: Report): Node | undefined;
}
