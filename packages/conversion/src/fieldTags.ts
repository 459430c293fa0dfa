// Tags of a v2 envelope that are fields of a v1 envelope, by type of event.

const envelope = ["origin", "deployment", "job", "index", "ip", "__v1_type"];

/** Tags that are fields of every event. */
export const fieldTags: ReadonlySet<string> = new Set(envelope);
/** Tags that are fields of a log message. */
export const logFieldTags: ReadonlySet<string> = new Set([...envelope, "source_type"]);
/** Tags that are fields of an error. */
export const errorFieldTags: ReadonlySet<string> = new Set([...envelope, "source", "code"]);
/** Tags that are fields of an HTTP request's start and stop. */
export const httpFieldTags: ReadonlySet<string> = new Set([
  ...envelope,
  "request_id",
  "peer_type",
  "method",
  "uri",
  "remote_address",
  "user_agent",
  "status_code",
  "content_length",
  "routing_instance_id",
  "forwarded",
]);
