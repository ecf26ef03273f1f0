import { z } from 'zod';

/** The constant rate factor (CRF) of H.264 by libx264, of 8 bits; light, since specs import it. */
export const rateFactor = z.number().min(0).max(51);
