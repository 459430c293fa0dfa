import { expect, test } from "vitest";
import { tlsPathsFromEnv } from "./tlsPathsFromEnv.js";

test("tlsPathsFromEnv returns the paths, and names a missing variable", () => {
  const environment = {
    LOGGREGATOR_CA_PATH: "ca.pem",
    LOGGREGATOR_CERT_PATH: "cert.pem",
    LOGGREGATOR_KEY_PATH: "key.pem",
  };
  expect(tlsPathsFromEnv(environment)).toEqual({
    caPath: "ca.pem",
    certPath: "cert.pem",
    keyPath: "key.pem",
  });
  expect(() => tlsPathsFromEnv({ ...environment, LOGGREGATOR_KEY_PATH: "" })).toThrow(
    'the environment variable LOGGREGATOR_KEY_PATH must be the path of a PEM file, got ""',
  );
  expect(() => tlsPathsFromEnv(null as never)).toThrow("environment must be an object, got null");
});
