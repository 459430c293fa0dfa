// Run by tests: logs through the transport in one of several ways, and ends.
import pino from "pino";

const { how = "exit", count = 1, options, loggerOptions = {} } = JSON.parse(process.argv[2]);
const target = { target: "@loggregator/pino", options };
const transport = pino.transport(how === "targets" ? { targets: [target] } : target);
transport.on("error", (error) => {
  console.error(`error event: ${error.message}`);
  process.exitCode = 3;
});
const logger = pino(loggerOptions, transport);
switch (how) {
  case "exit":
  case "targets":
    for (let i = 0; i < count; i++) {
      logger.info({ i }, "hello");
    }
    process.exit();
    break;
  case "exit later":
    transport.on("ready", () => {
      for (let i = 0; i < count; i++) {
        logger.info({ i }, "hello");
      }
      process.exit();
    });
    break;
  case "return":
    for (let i = 0; i < count; i++) {
      logger.info({ i }, "hello");
    }
    break;
  case "levels":
    logger.child({ module: "m" }).error({ req: { id: 7 } }, "an error");
    logger.warn("a warning");
    logger.fatal({ module: "n" }, "fatal");
    transport.write("no JSON\n");
    transport.write("null\n");
    break;
  case "wait for error":
    await new Promise((resolve) => transport.on("error", resolve));
    break;
  default:
    throw new Error(`no way to end: ${how}`);
}
