import { expect, test } from "vitest";
import { nodeFetch } from "./nodeFetch.js";

test.each([
  [null, "options must be an object, got null"],
  [[], "options must be an object, got an array"],
  [{ certs: "x" }, 'unknown option "certs"; did you mean "cert"?'],
])("nodeFetch rejects %o as options", (options, message) => {
  expect(() => nodeFetch(options as never)).toThrow(message);
});
