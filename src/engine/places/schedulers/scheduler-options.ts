import { mapOf, scalar } from '../../config/schema/yaml-keys.ts';

/** `options` of a place: what its scheduler takes beyond what Restage itself asks for. */
export const schedulerOptions = mapOf(scalar).describe(
  'Further options of `sbatch` or `qsub`, such as `qos: long` (true for one without a value); for HTCondor, further lines of the submit description, such as `requirements: HasAvx2`.',
);
