import { z } from 'zod';

/** The key of `store.yaml` that names a server, for the forms that have one by default. */
export const endpointKey = z
  .string()
  .regex(/^https?:\/\/[^/@]+\/?$/)
  .optional()
  .describe(
    'The address of a server compatible with that of the form, such as `https://s3.example.org`.',
  );
