// On a narrow window the side columns are sheets that slide over the chat.

import { byId } from "./dom.js";
import { view } from "./model.js";

export function openSheet(name, opener) {
  document.body.dataset.sheet = name;
  byId("backdrop").hidden = false;
  byId("main").inert = true;
  view.opener = opener;
  byId(name).querySelector("[data-close-sheet]").focus();
}

export function closeSheet() {
  if (!document.body.dataset.sheet) return;
  delete document.body.dataset.sheet;
  byId("backdrop").hidden = true;
  byId("main").inert = false;
  view.opener?.focus();
  view.opener = null;
}
