import type { Environment } from '../../environment.ts';

/** The proxy for a URL by the environment; undefined for none. */
export function proxyFor({ protocol, hostname }: URL, env: Environment): URL | undefined {
  const variable = (name: string) => env[name] || env[name.toUpperCase()] || undefined;
  const direct = (variable('no_proxy') ?? '')
    .split(',')
    .map((host) => host.trim().replace(/^\*?\./, ''));
  if (
    direct.some(
      (host) => host === '*' || host === hostname || (host !== '' && hostname.endsWith(`.${host}`)),
    )
  ) {
    return undefined;
  }
  const proxy = variable(`${protocol.slice(0, -1)}_proxy`);
  if (proxy === undefined) return undefined;
  return new URL(proxy.includes('://') ? proxy : `http://${proxy}`);
}

export function credentials({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
