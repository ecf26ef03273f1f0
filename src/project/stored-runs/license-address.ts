import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isJsonObject, type Json, jsonOf } from '../../json.ts';
import { UsageError } from '../../user-error.ts';

/** An identifier of SPDX, such as `CC-BY-4.0`. */
const identifier = /^[A-Za-z0-9.+-]+$/;

/** The address of the licence of a project's results; see {@link licenseOf}. */
export function licenseAddress(root: string, given: string | undefined): string {
  const license = licenseOf(root, given);
  return isAddress(license) ? license : `https://spdx.org/licenses/${license}`;
}

/**
 * The licence of a project's results, an identifier of SPDX or an address: the given one, or the
 * one in `package.json`. Throws a {@link UsageError} where there is none: who finds results without
 * a licence may not use them.
 */
export function licenseOf(root: string, given: string | undefined): string {
  const license = given ?? packageLicense(root);
  if (license === undefined)
    throw new UsageError(
      'A record that others read names a licence, and package.json has none: add `--license CC-BY-4.0`, or another identifier of https://spdx.org/licenses',
    );
  if (isAddress(license) || identifier.test(license)) return license;
  throw new UsageError(
    `Expected an identifier of https://spdx.org/licenses or an address as the licence, got "${license}"`,
  );
}

const isAddress = (license: string): boolean => URL.canParse(license) && /^https?:/.test(license);

/** An expression, such as `MIT OR Apache-2.0`, names no single licence. */
function packageLicense(root: string): string | undefined {
  const file = join(root, 'package.json');
  const described = existsSync(file) ? jsonOf<Json>(readFileSync(file, 'utf8')) : undefined;
  const license = isJsonObject(described) ? described['license'] : undefined;
  return typeof license === 'string' && identifier.test(license) ? license : undefined;
}
