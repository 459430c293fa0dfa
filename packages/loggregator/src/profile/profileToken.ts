import type { TokenFunction } from "@loggregator/rlp-gateway";
import { withFlags } from "../explain.js";
import { fetchFor, parseUrl } from "../read/httpAddress.js";
import { tokenRefusal } from "../read/tokenRefusal.js";
import type { ProfileAccess } from "./applyProfile.js";

/**
 * Returns the token of a profile, or a function that gets tokens as its client; undefined if the
 * server is not one of the profile's, which must not receive it.
 *
 * @param ca PEM file of further authorities that may sign the certificate of UAA.
 */
export function profileToken(
  url: URL,
  access: ProfileAccess,
  ca: string | undefined,
): string | TokenFunction | undefined {
  const { token, clientId, clientSecret, profile } = access;
  const { api, uaa } = profile.settings;
  if (!mayReceive(url, profile.settings)) {
    return undefined;
  }
  if (clientId === undefined || clientSecret === undefined) {
    return token;
  }
  const place = (key: string) => `profile ${profile.name}: ${key}`;
  const create = async () => {
    const { discover, uaaClientCredentials } = await import("@loggregator/auth");
    const find = async () => {
      const root = parseUrl(place("api"), api ?? "", "https://api.example.com");
      return (await discover(root, { fetch: await fetchFor(root, ca) })).uaaUrl;
    };
    const url = parseUrl(place("uaa"), uaa ?? (await find()), "https://uaa.example.com");
    const fetch = await fetchFor(url, ca);
    return await withFlags({ url: place("uaa"), clientId: place("clientId") }, () =>
      uaaClientCredentials({ url, clientId, clientSecret, fetch }),
    );
  };
  let tokens: ReturnType<typeof create> | undefined;
  return async (request) => {
    tokens ??= create().catch((error: unknown) => {
      // The next request retries.
      tokens = undefined;
      throw error;
    });
    return await (await tokens)(request);
  };
}

/** Whether a server is one that the profile names, or of the same foundation. */
function mayReceive(url: URL, { api, gateway, logCacheUrl }: ProfileAddresses): boolean {
  const named = [api, gateway, logCacheUrl].flatMap((address) =>
    address !== undefined && URL.canParse(address) ? [new URL(address).host] : [],
  );
  const root = api !== undefined && URL.canParse(api) ? new URL(api) : undefined;
  return (
    named.includes(url.host) || (root !== undefined && tokenRefusal(url, root, []) === undefined)
  );
}

type ProfileAddresses = ProfileAccess["profile"]["settings"];
