// Run by pinoMain.mjs: logs through the transport, and exits at once.
import pino from "pino";

const options = JSON.parse(process.argv[2]);
const logger = pino(pino.transport({ target: "@loggregator/pino", options }));
for (let i = 0; i < 1_000; i++) {
  logger.info({ i }, "hello");
}
process.exit();
