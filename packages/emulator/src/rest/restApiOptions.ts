import { checkOptionNames, nonEmptyString } from "@loggregator/core";
import type { ListenOptions } from "../emulator.js";
import { type ListenAddress, parseListenAddress } from "../network/listenAddress.js";

/** The REST API for tests in any language. */
export interface RestApiOptions extends ListenOptions {
  /**
   * Host names with a dot under which clients reach it. Others are refused with 403, because a web
   * page could make its own host name resolve to this machine (DNS rebinding).
   *
   * @default []
   */
  readonly allowedHosts?: readonly string[] | undefined;
}

export interface RestApiSettings {
  readonly address: ListenAddress;
  readonly allowedHosts: readonly string[];
}

/** @throws OptionTypeError, OptionRangeError for invalid options. */
export function readRestApiOptions(api: RestApiOptions | undefined): RestApiSettings | undefined {
  if (api === undefined) {
    return undefined;
  }
  checkOptionNames<RestApiOptions>("api", api, { address: true, allowedHosts: true });
  const { allowedHosts = [] } = api;
  return {
    address: parseListenAddress("api.address", api.address),
    allowedHosts: allowedHosts.map((host, index) =>
      nonEmptyString(`api.allowedHosts[${index}]`, host),
    ),
  };
}
