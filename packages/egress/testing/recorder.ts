export { Recorder } from "@loggregator/testing";
