import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json, jsonOf } from '../../json.ts';
import { UsageError } from '../../user-error.ts';

/** An identifier of SPDX, such as `CC-BY-4.0`. */
const identifier = /^[A-Za-z0-9.+-]+$/;

/**
 * The address of the licence of a project's results: of the given one, an identifier of SPDX or an
 * address, or of the one in `package.json`. Throws a {@link UsageError} where there is none: who
 * finds results without a licence may not use them.
 */
export function licenseAddress(root: string, given: string | undefined): string {
  const license = given ?? packageLicense(root);
  if (license === undefined)
    throw new UsageError(
      'A crate names a licence, and package.json has none: add `--license CC-BY-4.0`, or another identifier of https://spdx.org/licenses',
    );
  if (URL.canParse(license) && /^https?:/.test(license)) return license;
  if (identifier.test(license)) return `https://spdx.org/licenses/${license}`;
  throw new UsageError(
    `Expected an identifier of https://spdx.org/licenses or an address as the licence, got "${license}"`,
  );
}

/** An expression, such as `MIT OR Apache-2.0`, names no single licence. */
function packageLicense(root: string): string | undefined {
  const file = join(root, 'package.json');
  const described = existsSync(file) ? jsonOf<Json>(readFileSync(file, 'utf8')) : undefined;
  const license = isJsonObject(described) ? described['license'] : undefined;
  return typeof license === 'string' && identifier.test(license) ? license : undefined;
}
