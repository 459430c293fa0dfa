import { errorText } from "@loggregator/core";
import { ClientError, Status } from "nice-grpc";

/**
 * Returns an error's message, with advice if the server does not support acknowledged calls.
 *
 * @param advice The alternative to suggest.
 */
export function explain(error: unknown, advice: string): string {
  const message = error instanceof Error ? error.message : errorText(error);
  return error instanceof ClientError && error.code === Status.UNIMPLEMENTED
    ? `${message}: the server does not support acknowledged calls (agents do, routers do not): ${advice}`
    : message;
}
