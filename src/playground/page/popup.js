// The box above the composer, which shows the bot's commands or the results of an inline query.

import { commandKey, matching, openCommands, showCommands } from "./commands.js";
import { showSend } from "./composer.js";
import { byId } from "./dom.js";
import { askNow, askSoon, focusThumb, inlineWords, showInline } from "./inline.js";
import { draft, view } from "./model.js";

export function typed() {
  draft().text = byId("text").value;
  showSend();
  const words = inlineWords();
  if (words !== null) return askSoon(words);
  const isCommand = /^\/\w*$/.test(byId("text").value) && matching().length > 0;
  if (isCommand) openCommands();
  else closePopup();
}

export function closePopup() {
  clearTimeout(view.inline.timer);
  clearTimeout(view.inline.late);
  view.inline = { timer: 0, late: 0, id: null, query: null, results: [], next: "" };
  view.popup = null;
  showPopup();
}

export function showPopup() {
  const box = byId("popup");
  box.hidden = view.popup === null;
  byId("open-commands").setAttribute("aria-expanded", String(view.popup === "commands"));
  byId("text").removeAttribute("aria-activedescendant");
  if (view.popup === "commands") showCommands(box);
  if (view.popup === "inline") showInline(box);
}

export function popupKey(event) {
  if (event.key === "Escape") closePopup();
  else if (view.popup === "commands" && !event.shiftKey) return commandKey(event);
  else if (view.popup === "inline" && ["ArrowUp", "ArrowDown"].includes(event.key)) focusThumb(event.key === "ArrowUp" ? -1 : 0);
  else if (view.popup === "inline" && event.key === "Enter") askNow();
  else return false;
  return true;
}
