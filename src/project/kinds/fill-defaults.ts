import { kinds } from '../../../stages/index.ts';
import type { FillDefaults } from '../../reporting/effective-settings.ts';

/**
 * Fills in the defaults of a built-in kind. A kind that changes a default raises its version, so
 * the same version had the same defaults.
 */
export const fillDefaults: FillDefaults = ({ kind, version, settings }) => {
  const spec = Object.hasOwn(kinds, kind) ? kinds[kind]?.spec : undefined;
  if (spec === undefined || spec.version !== version) return undefined;
  const parsed = spec.settings.safeParse(settings);
  return parsed.success ? JSON.parse(JSON.stringify(parsed.data)) : undefined;
};
