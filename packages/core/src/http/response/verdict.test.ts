import { expect, test } from "vitest";
import { verdictOf } from "./verdict.js";

test.each([408, 409, 418, 420, 421, 423, 424, 425, 426, 428, 429, 444, 449, 460, 463, 499])(
  "a temporary client error, %i, is momentary",
  (status) => expect(verdictOf(status, undefined)).toBe("momentary"),
);

test.each([500, 501, 502, 503, 504, 507, 520, 525, 526, 530, 599])(
  "a server error, %i, is momentary",
  (status) => expect(verdictOf(status, undefined)).toBe("momentary"),
);

test.each([0, 200, 204, 301, 302, 303, 307, 308, 401, 402, 403, 404, 407, 410, 451])(
  "%i is a refusal, unless it is from Cloud Foundry's router",
  (status) => {
    expect(verdictOf(status, undefined)).toBe("refused");
    expect(verdictOf(status, "unknown_route")).toBe("momentary");
  },
);

test.each([400, 405, 406, 411, 413, 414, 415, 417, 422, 431])(
  "%i means that the request is invalid",
  (status) => expect(verdictOf(status, undefined)).toBe("invalid"),
);
