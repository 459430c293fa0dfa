import { expect, test } from "vitest";
import { urlPath } from "./urlPath.js";

// The expected paths are those of Go's url.Parse(text).
test.each([
  ["https://x.example/a/b?c=1", "/a/b"],
  ["https://x.example", ""],
  ["http://user:secret@x.example:8080/a#b", "/a"],
  ["http://[::1]:80/a", "/a"],
  ["/cart?id=1", "/cart"],
  ["//x.example/a", "/a"],
  ["///a", "///a"],
  ["no-path", "no-path"],
  ["a/b:c", "a/b:c"],
  ["mailto:someone", ""],
  ["", ""],
  ["*", "*"],
  ["/a%20b%C3%A9", "/a bé"],
  ["/größe", "/größe"],
])("the path of %j is %j", (text, path) => {
  expect(urlPath(text)).toBe(path);
});

test.each([
  ["::bad"],
  ["a:b/c d\u007f"],
  ["/a%zz"],
  ["/a%2"],
  ["/a#%zz"],
  ["http://x.example:port/"],
  ["http://a b/"],
  ["http://x%20y/"],
  ["1:a"],
  ["/a\nb"],
])("%j is not a URL", (text) => {
  expect(urlPath(text)).toBeUndefined();
});
