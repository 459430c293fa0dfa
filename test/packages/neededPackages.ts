/** The packages that each package may install, so that additions are deliberate. */
const core = "@loggregator/core";
const api = ["@loggregator/api", core, "@bufbuild/protobuf"];
const grpc = [
  ...["nice-grpc", "nice-grpc-common", "ts-error", "abort-controller-x"],
  ...["@grpc/grpc-js", "@grpc/proto-loader", "@js-sdsl/ordered-map", "lodash.camelcase", "long"],
  ...["protobufjs", "@protobufjs/*", "@types/node", "undici-types"],
  ...["yargs", "yargs-parser", "cliui", "escalade", "get-caller-file", "require-directory", "y18n"],
  ...["string-width", "emoji-regex", "is-fullwidth-code-point", "strip-ansi", "ansi-regex"],
  ...["wrap-ansi", "ansi-styles", "color-convert", "color-name"],
];
const connections = ["@loggregator/grpc", core, ...grpc];
const emulator = [
  ...api,
  ...connections,
  "@loggregator/otel",
  "@loggregator/drain",
  "@loggregator/rfc5424",
  "re2js",
  "@loggregator/conversion",
  "@loggregator/diodes",
];
const ingress = [...api, ...connections, "nice-grpc-client-middleware-retry"];
const egress = [...api, "@loggregator/diodes", ...connections];
const rlpGateway = [...api, "@loggregator/auth"];
/** npm installs peer dependencies as well. */
const pino = [
  ...["pino", "pino-abstract-transport", "pino-std-serializers", "split2", "@pinojs/redact"],
  ...["atomic-sleep", "on-exit-leak-free", "process-warning", "quick-format-unescaped"],
  ...["real-require", "safe-stable-stringify", "sonic-boom", "thread-stream"],
];
const winston = [
  ...[
    "winston",
    "winston-transport",
    "logform",
    "triple-beam",
    "@types/triple-beam",
    "fecha",
    "ms",
  ],
  ...["@colors/colors", "@dabh/diagnostics", "@so-ric/colorspace", "color", "color-string"],
  ...["enabled", "kuler", "text-hex", "one-time", "fn.name", "is-stream", "stack-trace", "async"],
  ...["readable-stream", "inherits", "string_decoder", "safe-buffer", "util-deprecate"],
  "safe-stable-stringify",
];
const promClient = ["prom-client", "tdigest", "bintrees", "@opentelemetry/api"];

const needed: Readonly<Record<string, readonly string[]>> = {
  "@loggregator/api": api,
  "@loggregator/auth": [core],
  "@loggregator/conversion": api,
  "@loggregator/core": [],
  "@loggregator/drain": [...api, "@loggregator/rfc5424", "@types/node", "undici-types"],
  "@loggregator/diodes": [core, "@loggregator/api", "@bufbuild/protobuf"],
  "@loggregator/egress": egress,
  "@loggregator/emulator": emulator,
  "@loggregator/ingress": ingress,
  "@loggregator/log-cache": [...api, "@loggregator/auth", ...connections],
  "@loggregator/otel": [...api, "@loggregator/conversion", ...connections],
  "@loggregator/pino": [...ingress, "@loggregator/ingress", ...pino],
  "@loggregator/prometheus": [...api, ...promClient],
  "@loggregator/pulse-emitter": api,
  "@loggregator/rfc5424": [],
  "@loggregator/rlp-gateway": rlpGateway,
  "@loggregator/runtime-emitter": api,
  "@loggregator/grpc": connections,
  "@loggregator/v1": api,
  "@loggregator/winston": [...ingress, "@loggregator/ingress", ...winston],
  loggregator: [
    ...emulator,
    ...ingress,
    ...egress,
    ...rlpGateway,
    ...promClient,
    ...["@loggregator/drain", "@loggregator/log-cache", "@loggregator/otel"],
    "@loggregator/prometheus",
    ...["@loggregator/emulator", "@loggregator/ingress", "@loggregator/egress"],
    ...["@loggregator/rlp-gateway", "@loggregator/v1", "commander", "get-east-asian-width"],
  ],
};

/** Whether `name`, installed alone, may bring `other` with it. */
export function needs(name: string, other: string): boolean {
  const list = needed[name];
  if (list === undefined) {
    throw new Error(`${name} has no list of the packages it needs in ${import.meta.filename}`);
  }
  return name === other || list.includes(other) || list.includes(other.replace(/\/.*/, "/*"));
}
