/** The mistake of a stage that takes either, when not one of the two inputs is connected; light, since specs check it. */
export function datasetOrFeatures(inputs: ReadonlySet<string>): readonly { at: readonly string[]; message: string }[] {
  if (inputs.has('dataset') !== inputs.has('features')) return [];
  const got = inputs.has('dataset') ? 'both' : 'neither';
  return [{ at: [], message: `expected one of the inputs "dataset" and "features", got ${got}` }];
}
