/** What this process may use of the machine: a container may often use only a small part of it. */
export { usableCores, usableMemory } from './backend/running/machine-limits.ts';
