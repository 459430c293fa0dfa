import type { Envelope } from "../src/index.js";

/** An envelope without content, as it is decoded. */
export const emptyEnvelope: Envelope = {
  timestamp: 0n,
  sourceId: "",
  instanceId: "",
  deprecatedTags: {},
  tags: {},
  message: undefined,
};
