import { z } from 'zod';

/** The key of `store.yaml` that names a user's profile, for stores with other credentials. */
export const profileKey = z
  .string()
  .regex(/^[\w.@+-]+$/)
  .optional()
  .describe(
    'The profile in `~/.aws` whose credentials count, whatever the environment has; by default that of the environment.',
  );
