export * from "./gen/events/events.js";
