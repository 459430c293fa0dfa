// Serves the page to browsers on this machine, and forwards its requests to log-cache. This is needed
// because log-cache does not permit pages from other origins (CORS). The token is added here, so the page
// never receives it. Press Ctrl-C to exit.
//
//   LOGGREGATOR_LOG_CACHE_URL  log-cache: https://log-cache.<system domain>
//   CF_TOKEN                   a token: "$(cf oauth-token)"
//   PORT                       default 8000

import { servePage } from "../browser/servePage.js";

const {
  LOGGREGATOR_LOG_CACHE_URL: logCache = "",
  CF_TOKEN: token,
  PORT: port = "8000",
} = process.env;
if (!URL.canParse(logCache)) {
  throw new Error(`LOGGREGATOR_LOG_CACHE_URL must be log-cache's URL, got "${logCache}"`);
}

await servePage({
  folder: new URL("../../browser-recent/", import.meta.url),
  targetOf: (path, search) =>
    path.startsWith("/api/v1/") ? `${logCache}${path}${search}` : undefined,
  accept: "application/json",
  token,
  port,
});
