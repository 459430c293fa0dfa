import { createRequire } from "node:module";
import { ClientError, Status } from "nice-grpc";
import { expect, test } from "vitest";
import { answering, clientOf, request, respond } from "../../testing/rawCalls.js";

/** Loads nice-grpc and grpc-js a second time, as from another folder of a program. */
function anotherCopy(): typeof import("nice-grpc") {
  const require = createRequire(import.meta.url);
  const loaded = { ...require.cache };
  for (const path of Object.keys(loaded)) {
    if (/[\\/](nice-grpc|grpc-js)/.test(path)) {
      delete require.cache[path];
    }
  }
  try {
    return require("nice-grpc");
  } finally {
    Object.assign(require.cache, loaded);
  }
}

test("a client of another copy of nice-grpc and grpc-js gets the server's status", async () => {
  const other = anotherCopy();
  expect(other.createClientFactory).not.toBe((await import("nice-grpc")).createClientFactory);
  await using server = await answering((connection, id) =>
    respond(connection, id, { "grpc-status": "2", "grpc-message": "EOF" }),
  );
  using ours = clientOf(server, {}, other);
  const error = await ours.client.unary(request).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ClientError);
  expect(error).toBeInstanceOf(other.ClientError);
  expect(error).toMatchObject({ code: Status.UNKNOWN, details: "EOF" });
});
