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
  for (const call of calls) add(list, call);
  const rows = list.getElementsByClassName("one");
  while (rows.length > MAX_TRAFFIC_ROWS) drop(rows[0]);
  if (stick) list.scrollTop = list.scrollHeight;
}

/** Appends a row; calls of the same kind in a row are one line, which opens on a click. */
function add(list, call) {
  const row = el("li", { class: classesOf(call, "one"), "data-peer": call.peer }, ...cells(call, readable(call.what)));
  row.call = call;
  const last = list.lastElementChild;
  const kind = kindOf(call);
  if (last === null || kind === null || kindOf(last.call) !== kind) return list.append(row);
  let run = last;
  if (!run.classList.contains("run")) {
    run = el("li", { class: "run", "data-peer": call.peer }, el("details", {}, el("summary", {}), el("ol", {})));
    run.call = call;
    last.replaceWith(run);
    run.querySelector("ol").append(last);
  }
  run.querySelector("ol").append(row);
  showRun(run);
}

/** The oldest row goes, and its run with the last one. */
function drop(row) {
  const run = row.closest(".run");
  row.remove();
  if (run === null) return;
  if (run.querySelector(".one") === null) run.remove();
  else showRun(run);
}

/** The line in place of a run: what was called how often, from when on and how long in all. */
function showRun(run) {
  const calls = [...run.querySelectorAll(".one")].map((row) => row.call);
  const methods = [...new Set(calls.map(methodOf))];
  const millis = calls.reduce((sum, call) => sum + call.millis, 0);
  const summary = run.querySelector("summary");
  summary.className = classesOf(calls[0]);
  summary.replaceChildren(...cells({ ...calls[0], millis }, `${methods.join(", ")} × ${calls.length}`));
}

/** What calls have in common that are one line: the method but for its get or set; null for what stands alone. */
function kindOf(call) {
  if (call.status >= 400 || call.status === 0 || call.refused) return null;
  return `${call.peer} ${methodOf(call).replace(/^[gs]et(?=[A-Z])/, "")}`;
}

/** The method of a Bot API call; of a search all of its address. */
function methodOf(call) {
  return call.peer === "telegram" ? call.what.split(/[^A-Za-z]/, 1)[0] : readable(call.what);
}

function classesOf(call, ...classes) {
  classes.push("call");
  if (call.what.startsWith("getUpdates")) classes.push("poll");
  if (call.status >= 400 || call.status === 0) classes.push("trouble");
  if (call.refused) classes.push("refused");
  return classes.join(" ");
}

function cells(call, what) {
  const all = [
    el("time", { text: `${(call.at / 1000).toFixed(call.at < 100_000 ? 1 : 0)} s` }),
    el("span", { class: "what" }, ...breakable(what)),
    el("span", { class: "status", text: call.status || "cut" }),
    el("span", { class: "took", text: took(call.millis) }),
  ];
  if (call.refused) all.push(el("p", { text: call.refused }));
  return all;
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
