import type { Message } from "@loggregator/rfc5424";

// The limits of log-cache's syslog server: from its source, and observed. It closes the connection
// at a message that violates one.

/** The maximum length of a message in bytes. */
export const maxMessageBytes = 66_560;

const maxTagNameLength = 32;

/** Returns whether a message has a tag whose name the server cannot read. */
export function hasUnreadableTag({ structuredData }: Message): boolean {
  return structuredData.some(({ parameters }) =>
    parameters.some(([name]) => name === "" || name.length > maxTagNameLength),
  );
}
