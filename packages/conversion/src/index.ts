export { EnvelopeCompleter } from "./agent/envelopeCompleter.js";
export { toV1 } from "./toV1.js";
export { type ToV2Options, toV2 } from "./toV2.js";
