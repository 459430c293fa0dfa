export { TcpProxy } from "@loggregator/testing";
