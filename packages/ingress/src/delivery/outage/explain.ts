import { errorText } from "@loggregator/core";
import { ClientError, Status } from "nice-grpc";

/**
 * Returns an error's message, with advice if the server has no acknowledged calls.
 *
 * @param advice The alternative to suggest.
 */
export function explain(error: unknown, advice: string): string {
  const message = error instanceof Error ? error.message : errorText(error);
  return error instanceof ClientError && error.code === Status.UNIMPLEMENTED
    ? `${message}: the server has no acknowledged calls (routers have none, agents do): ${advice}`
    : message;
}
