// Serves the page to browsers on this machine, and forwards its requests to the gateway. This is
// needed because gateways do not permit pages from other origins (CORS). The token is added here, so the
// page never receives it. Press Ctrl-C to exit.
//
//   LOGGREGATOR_GATEWAY_URL  the gateway: https://log-stream.<system domain>
//   CF_TOKEN                 a token: "$(cf oauth-token)"
//   PORT                     default 8000
//   NODE_EXTRA_CA_CERTS      read by Node.js: PEM file of the gateway's certificate authority, if private

import { servePage } from "../browser/servePage.js";

const { LOGGREGATOR_GATEWAY_URL: gateway = "", CF_TOKEN: token, PORT: port = "8000" } = process.env;
if (!URL.canParse(gateway)) {
  throw new Error(`LOGGREGATOR_GATEWAY_URL must be the gateway's URL, got "${gateway}"`);
}

await servePage({
  folder: new URL("../../browser-tail/", import.meta.url),
  targetOf: (path, search) => (path === "/v2/read" ? `${gateway}/v2/read${search}` : undefined),
  accept: "text/event-stream",
  token,
  port,
});
