import { expect, test } from "vitest";
import { classifyStatus } from "./classifyStatus.js";

test.each([408, 409, 418, 420, 421, 423, 424, 425, 426, 428, 429, 444, 449, 460, 463, 499])(
  "client error %i is temporary",
  (status) => expect(classifyStatus(status, undefined)).toBe("temporary"),
);

test.each([500, 501, 502, 503, 504, 507, 520, 525, 526, 530, 599])(
  "server error %i is temporary",
  (status) => expect(classifyStatus(status, undefined)).toBe("temporary"),
);

test.each([0, 200, 204, 301, 302, 303, 307, 308, 401, 402, 403, 404, 407, 410, 451])(
  "status %i is a refusal unless it comes from Cloud Foundry's router",
  (status) => {
    expect(classifyStatus(status, undefined)).toBe("refused");
    expect(classifyStatus(status, "unknown_route")).toBe("temporary");
  },
);

test.each([400, 405, 406, 411, 413, 414, 415, 417, 422, 431])(
  "status %i means that the request is invalid",
  (status) => expect(classifyStatus(status, undefined)).toBe("invalid"),
);
