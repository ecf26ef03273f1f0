/** How a command ends; docs/commands.md explains it. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;
