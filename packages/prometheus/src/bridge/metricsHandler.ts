import { errorText, type Logger, safeLogger } from "@loggregator/core";
import { type AnyRegistry, checkRegistry } from "../checkRegistry.js";

/** The required part of `http.IncomingMessage`. */
interface MetricsRequest {
  readonly method?: string | undefined;
}

/** The required part of `http.ServerResponse`. */
interface MetricsResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  end(body?: string): unknown;
}

/**
 * Returns a handler for `http.createServer`, Express and others, with which Prometheus scrapes a
 * registry. It answers GET and HEAD, at every path, with the metrics.
 *
 * @param options.logger Receives the error of a metric whose `collect` failed, which is answered
 * with 500.
 * @throws OptionTypeError if `registry` is not a registry.
 */
export function metricsHandler(
  registry: AnyRegistry,
  options: { readonly logger?: Logger | null | undefined } = {},
): (request: MetricsRequest, response: MetricsResponse) => Promise<void> {
  checkRegistry(registry);
  const logger = safeLogger(options.logger);
  return async ({ method = "GET" }, response) => {
    if (method !== "GET" && method !== "HEAD") {
      response.writeHead(405, { allow: "GET, HEAD" });
      response.end();
      return;
    }
    try {
      const text = await registry.metrics();
      response.writeHead(200, { "content-type": registry.contentType });
      response.end(method === "HEAD" ? undefined : text);
    } catch (error) {
      logger.error(`the metrics could not be read: ${errorText(error)}`);
      response.writeHead(500, { "content-type": "text/plain; charset=utf-8" });
      response.end("the metrics could not be read\n");
    }
  };
}
