/**
 * Specs of tfjs-core that this backend does not pass, by full name, and why. The suite fails when one of them passes, or is gone.
 */
export const exceptions: Readonly<Record<string, string>> = {};
