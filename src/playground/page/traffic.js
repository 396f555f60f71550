// The list of requests between the bot, Telegram and the search endpoint.

import { byId, el, icon } from "./dom.js";
import { model, view } from "./model.js";

export const MAX_TRAFFIC_ROWS = 500;

export function takeTraffic(call) {
  model.traffic.push(call);
  if (model.traffic.length > MAX_TRAFFIC_ROWS) model.traffic.shift();
  if (view.paused) {
    view.held.push(call);
    showPause();
  } else addCalls([call]);
}

export function showTraffic() {
  byId("traffic").replaceChildren();
  addCalls(model.traffic);
  showPause();
}

function addCalls(calls) {
  const list = byId("traffic");
  const stick = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.append(...calls.map(callRow));
  while (list.childElementCount > MAX_TRAFFIC_ROWS) list.firstElementChild.remove();
  if (stick) list.scrollTop = list.scrollHeight;
}

function callRow(call) {
  const classes = ["call"];
  if (call.what.startsWith("getUpdates")) classes.push("poll");
  if (call.status >= 400 || call.status === 0) classes.push("trouble");
  if (call.refused) classes.push("refused");
  return el(
    "li",
    { class: classes.join(" "), "data-peer": call.peer },
    el("time", { text: `${(call.at / 1000).toFixed(call.at < 100_000 ? 1 : 0)} s` }),
    el("span", { class: "what" }, ...breakable(readable(call.what))),
    el("span", { class: "status", text: call.status || "cut" }),
    el("span", { class: "took", text: took(call.millis) }),
    call.refused ? el("p", { text: call.refused }) : null,
  );
}

/** `what` with places to break the line. */
function breakable(what) {
  return what.split(/(?=[?&])/).flatMap((part) => [part, el("wbr")]);
}

/** An address with its escapes undone, where it has any. */
function readable(what) {
  try {
    return decodeURIComponent(what.replaceAll("+", " "));
  } catch {
    return what;
  }
}

function took(millis) {
  if (millis >= 1000) return `${(millis / 1000).toFixed(1)} s`;
  return `${millis.toFixed(millis < 10 ? 1 : 0)} ms`;
}

export function filterTraffic(button) {
  for (const other of byId("filter").children) other.setAttribute("aria-pressed", String(other === button));
  byId("traffic").dataset.filter = button.dataset.filter;
  byId("traffic").scrollTop = byId("traffic").scrollHeight;
}

export function pause() {
  view.paused = !view.paused;
  if (!view.paused) addCalls(view.held.splice(0));
  showPause();
}

function showPause() {
  const button = byId("pause");
  button.setAttribute("aria-label", view.paused ? "Go on" : "Pause");
  button.setAttribute("aria-pressed", String(view.paused));
  button.querySelector("svg").replaceWith(icon(view.paused ? "play" : "pause"));
  byId("held").textContent = view.held.length > 0 ? String(view.held.length) : "";
}
