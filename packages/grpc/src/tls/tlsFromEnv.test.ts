import { expect, test } from "vitest";
import { tlsFromEnv } from "./tlsFromEnv.js";

test("tlsFromEnv loads the files of the variables, and names a missing variable", async () => {
  const environment = {
    LOGGREGATOR_CA_PATH: "ca.pem",
    LOGGREGATOR_CERT_PATH: "cert.pem",
    LOGGREGATOR_KEY_PATH: "key.pem",
  };
  const load = async (paths: object) => paths as never;
  expect(await tlsFromEnv(environment, load)()).toEqual({
    caPath: "ca.pem",
    certPath: "cert.pem",
    keyPath: "key.pem",
  });
  expect(() => tlsFromEnv({ ...environment, LOGGREGATOR_KEY_PATH: "" }, load)).toThrow(
    'the environment variable LOGGREGATOR_KEY_PATH must be the path of a PEM file, got ""',
  );
  expect(() => tlsFromEnv(null as never, load)).toThrow("environment must be an object, got null");
});
