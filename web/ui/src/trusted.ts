// SPDX-License-Identifier: Apache-2.0
// The page's one Trusted Types policy: scripts of workers come from this door and nowhere else.
interface Policy { createScriptURL: (address: string) => unknown }
type Factory = { createPolicy: (name: string, rules: { createScriptURL: (address: string) => string }) => Policy };

function own(address: string): string {
  const url = new URL(address, location.origin);
  if (url.origin !== location.origin) throw new TypeError(`a script from ${url.origin}`);
  return url.href;
}

const policy: Policy = (globalThis as { trustedTypes?: Factory }).trustedTypes?.createPolicy('kith', { createScriptURL: own }) ?? { createScriptURL: own };

/** For new Worker() and register(). The type is the browser's TrustedScriptURL where there is one. */
export const script = (address: string): string => policy.createScriptURL(address) as string;
