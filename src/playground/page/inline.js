// Inline mode: “@bot words” asks the bot for pictures while the words are typed.

import { byId, el } from "./dom.js";
import { openLightbox } from "./lightbox.js";
import { tile } from "./messages.js";
import { model, view, writer } from "./model.js";
import { showPopup, typed } from "./popup.js";
import { fileUrl, post, trying } from "./requests.js";

const DEBOUNCE_MS = 350;
const INLINE_MS = 3000;

/** The words after “@bot ”, or null. */
export function inlineWords() {
  const start = `@${model.me.username ?? ""} `;
  const typed = byId("text").value;
  return typed.toLowerCase().startsWith(start.toLowerCase()) ? typed.slice(start.length) : null;
}

export function startInline(words) {
  byId("text").value = `@${model.me.username} ${words}`;
  byId("text").focus();
  typed();
}

export function askSoon(words) {
  view.popup = "inline";
  clearTimeout(view.inline.timer);
  if (words === view.inline.query) return showPopup();
  view.inline.timer = setTimeout(askNow, DEBOUNCE_MS);
  showPopup();
}

export function askNow() {
  const words = inlineWords();
  clearTimeout(view.inline.timer);
  if (words === null || words === view.inline.query) return;
  clearTimeout(view.inline.late);
  view.inline = { timer: 0, late: 0, id: null, query: words, results: [], next: "" };
  askInline("");
}

function askInline(offset) {
  const state = view.inline;
  state.answered = false;
  state.waited = false;
  state.late = setTimeout(() => {
    state.waited = true;
    if (state === view.inline) showPopup();
  }, INLINE_MS);
  showPopup();
  trying("The inline query could not be sent", async () => {
    const body = { user: writer().id, query: state.query, offset };
    state.id = String((await post("/api/inline", body)).id);
    const early = view.answers.get(state.id);
    if (early) takeInline(early);
  });
}

export function takeInline(event) {
  const state = view.inline;
  const id = String(event.id);
  if (id !== state.id) {
    view.answers.set(id, event);
    return;
  }
  view.answers.delete(id);
  clearTimeout(state.late);
  state.answered = true;
  state.results.push(...event.results);
  state.next = event.next_offset ?? "";
  state.button = event.button ?? null;
  showPopup();
}

/** The button above the results: `/start` in the private chat with the bot. */
function startInPrivate(button) {
  const user = writer().id;
  byId("text").value = "";
  typed();
  trying("The bot could not be started", () =>
    post("/api/say", { user, chat: user, text: `/start ${button.start_parameter}` }));
}

/** The page may not load pictures from other hosts; the server keeps those that it could fetch. */
function inlinePicture(result) {
  const thumb = result.thumbnail_file_id ?? result.photo_file_id;
  const full = result.photo_file_id ?? result.thumbnail_file_id;
  return full ? { thumb: fileUrl(thumb), full: fileUrl(full) } : { full: null };
}

export function showInline(box) {
  const state = view.inline;
  const { query, results, answered, waited, next } = state;
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", "Inline results");
  const pictures = results.map((result) => ({
    ...inlinePicture(result),
    caption: result.caption ?? result.title ?? result.description ?? "",
  }));
  const shown = pictures.filter(({ full }) => full);
  const open = shown.map(({ full, caption }) => ({ src: full, caption }));
  const tiles = shown.map(({ thumb, caption }, at) =>
    tile({ src: thumb, label: caption || `Result ${at + 1}`, open: () => openLightbox(open, at) }),
  );
  const more = answered && next !== ""
    ? el("button", { type: "button", class: "more", text: "More", onclick: () => askInline(next) })
    : null;
  const leave = answered && state.button
    ? el("button", { type: "button", class: "more", text: state.button.text, onclick: () => startInPrivate(state.button) })
    : null;
  const words = inlineState({ query, answered, waited, found: shown.length });
  const hint = words === null ? null : el("p", { class: "hint", role: "status", text: words });
  const grid = tiles.length > 0 ? el("div", { class: "thumbs" }, ...tiles) : null;
  const at = [...box.querySelectorAll("button")].indexOf(document.activeElement);
  box.replaceChildren(...[leave, grid, more, hint].filter(Boolean));
  if (at >= 0) (box.querySelectorAll("button")[at] ?? byId("text")).focus();
}

function inlineState({ query, answered, waited, found }) {
  if (query === null) return "Inline mode: type what the picture should show.";
  if (answered) return found > 0 ? null : "The bot found nothing.";
  return waited ? "No answer yet." : `Asking the bot for “${query}”…`;
}

export function focusThumb(at) {
  [...byId("popup").querySelectorAll("button")].at(at)?.focus();
}

export function onThumbKey(event) {
  const buttons = [...byId("popup").querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (event.key === "Escape" || (step && at + step < 0)) byId("text").focus();
  else if (step) buttons[Math.min(at + step, buttons.length - 1)].focus();
  else return;
  event.preventDefault();
}
