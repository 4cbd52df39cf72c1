// SPDX-License-Identifier: Apache-2.0
// The host that served this page, as the address of a node: where it was reached once it can be dialed.

/** https://kith.example:8443 is /dns/kith.example/tcp/8443/tls/ws. */
export function doorAddress(location: { protocol: string; hostname: string; port: string }): string {
  const isSecure = location.protocol === 'https:';
  const port = location.port || (isSecure ? '443' : '80');
  const transport = isSecure ? 'tls/ws' : 'ws';
  return `/${hostPart(location.hostname)}/tcp/${port}/${transport}`;
}

function hostPart(host: string): string {
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return `ip4/${host}`;
  return host.startsWith('[') ? `ip6/${host.slice(1, -1)}` : `dns/${host}`;
}
