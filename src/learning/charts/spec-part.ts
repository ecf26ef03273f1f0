/**
 * A part of a Vega-Lite spec: an encoding channel, a layer, a panel. The types of Vega-Lite want a
 * literal type on every constant; here its compiler checks specs instead, whose warnings the tests
 * of every chart forbid.
 */
export type Part = Readonly<Record<string, unknown>>;
