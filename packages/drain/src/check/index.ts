export type { DrainSenderTls } from "../sender/options.js";
export type { Arrivals } from "./arrivals.js";
export type { CheckedCertificate } from "./certificateChain.js";
export { type CheckDrainOptions, checkDrain, type DrainReport } from "./checkDrain.js";
export type { DrainProblem, DrainProblemCode } from "./drainCheckFailure.js";
export type { MarkedKind } from "./markedEnvelopes.js";
