/**
 * The area under a curve given at equal shares from 0 to 1, by trapezoids: the curve's mean height.
 *
 * Example: heights 1, 0, 0 at 0, 0.5 and 1 give 0.25.
 */
export function areaUnderCurve(heights: Float64Array): number {
  const steps = heights.length - 1;
  const sum = heights.reduce((total, height) => total + height, 0);
  return (sum - (heights[0]! + heights[steps]!) / 2) / steps;
}
