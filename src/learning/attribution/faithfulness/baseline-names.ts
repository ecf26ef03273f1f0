/** What stands where an image is not shown: the image blurred, its mean colour, or its own pixels in an order of chance. */
export const baselineNames = ['blur', 'mean', 'noise'] as const;
export type BaselineName = (typeof baselineNames)[number];
