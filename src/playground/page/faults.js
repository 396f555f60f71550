// The switches that make Telegram or the search endpoint fail.

import { byId, el } from "./dom.js";
import { model } from "./model.js";
import { post, trying } from "./requests.js";

const FAULTS = [
  ["telegram_429", "Too many requests", "Telegram answers 429: wait"],
  ["telegram_502", "Bad gateway", "Telegram answers 502"],
  ["endpoint_down", "Search endpoint down", "No answer from clip-search"],
  ["space_asleep", "Space asleep", "The Space wakes up after 10 s"],
];

export function showFaults() {
  const focused = document.activeElement?.dataset.fault;
  byId("faults").replaceChildren(...FAULTS.map(faultSwitch));
  if (focused) byId("faults").querySelector(`[data-fault="${focused}"]`)?.focus();
  showAlarm();
}

function faultSwitch([name, title, what]) {
  const on = Boolean(model.faults[name]);
  const attributes = {
    type: "button",
    role: "switch",
    class: name === "space_asleep" ? "fault timed" : "fault",
    "data-fault": name,
    "aria-checked": String(on),
    onclick: () => trying("The fault could not be switched", () => post("/api/faults", { name, on: !on })),
  };
  const words = el("span", {}, el("b", { text: title }), el("small", { text: what }));
  return el("li", {}, el("button", attributes, words, el("i", { "aria-hidden": "true" })));
}

function showAlarm() {
  const on = Object.values(model.faults).some(Boolean);
  byId("open-panel").classList.toggle("alarm", on);
  byId("open-panel").setAttribute("aria-label", on ? "Traffic and faults: a fault is on" : "Traffic and faults");
}
