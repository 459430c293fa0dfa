import type { Envelope } from "@loggregator/api";
import type { Envelope as V1Envelope } from "@loggregator/api/v1";
import { expectTypeOf, test } from "vitest";
import { type ToV2Options, toV1, toV2 } from "./index.js";

test("toV1 returns a list of v1 envelopes, and toV2 one v2 envelope", () => {
  expectTypeOf(toV1).toEqualTypeOf<(envelope: Envelope) => V1Envelope[]>();
  expectTypeOf(toV2).toEqualTypeOf<(event: V1Envelope, options?: ToV2Options) => Envelope>();
});
