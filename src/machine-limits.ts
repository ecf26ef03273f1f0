/** What this process may use of the machine: a container on a large machine is often allowed a small part of it. */
export { usableCores, usableMemory } from './backend/machine-limits.ts';
