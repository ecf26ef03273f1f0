import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../../../environment.ts';
import { readText } from '../../../files/read-part.ts';
import type { Credentials } from './sign-request.ts';

/**
 * What AWS's own programs read from the environment, or else from the shared files of the user's
 * profile.
 */
export interface AwsSettings {
  readonly credentials: Credentials | undefined;
  /** The command that prints credentials, with its words. It counts where there are no others. */
  readonly process: string | undefined;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
}

/** Reads the settings from the environment, or else from the files in `~/.aws`. */
export function readAwsSettings(env: Environment): AwsSettings {
  const folder = join(env['HOME'] || homedir(), '.aws');
  const profile = env['AWS_PROFILE'] || 'default';
  const shared = readSection(env['AWS_SHARED_CREDENTIALS_FILE'] || join(folder, 'credentials'), [
    profile,
  ]);
  const config = readSection(env['AWS_CONFIG_FILE'] || join(folder, 'config'), [
    profile,
    `profile ${profile}`,
  ]);
  const file = { ...config, ...shared };
  const ofEnv = credentialsOf({
    aws_access_key_id: env['AWS_ACCESS_KEY_ID'],
    aws_secret_access_key: env['AWS_SECRET_ACCESS_KEY'],
    aws_session_token: env['AWS_SESSION_TOKEN'],
  });
  return {
    credentials: ofEnv ?? credentialsOf(file),
    process: file['credential_process'],
    region: env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || file['region'],
    endpoint: env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || file['endpoint_url'],
  };
}

function credentialsOf(
  values: Readonly<Record<string, string | undefined>>,
): Credentials | undefined {
  const {
    aws_access_key_id: id,
    aws_secret_access_key: secret,
    aws_session_token: session,
  } = values;
  return id && secret ? { id, secret, ...(session && { session }) } : undefined;
}

/**
 * The values of the first of these sections that an ini file has; none where there is no such file.
 */
function readSection(file: string, names: readonly string[]): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  let isInside = false;
  for (const line of readText(file).split('\n')) {
    const section = /^\s*\[\s*(.+?)\s*\]/.exec(line);
    if (section !== null) isInside = names.includes(section[1]!);
    const [, name, value] = /^\s*(\w+)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (isInside && name !== undefined) values[name] = value!;
  }
  return values;
}
