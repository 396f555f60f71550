// The playground's page starts here: it connects the controls, then listens to the server.
//
// What the server tells goes into `model`, what the reader does into `view` (model.js), and `show…`
// functions bring the document in line with both.

import { wirePictures } from "./attachment.js";
import { wireComposer } from "./composer.js";
import { byId } from "./dom.js";
import { listen } from "./events.js";
import { wireLightbox } from "./lightbox.js";
import { wireScroller } from "./messages.js";
import { showPopup } from "./popup.js";
import { closeSheet, openSheet } from "./sheets.js";
import { remembered, setTheme, switchTheme } from "./theme.js";
import { filterTraffic, pause } from "./traffic.js";

function wireRest() {
  byId("theme").addEventListener("click", switchTheme);
  byId("open-chats").addEventListener("click", (event) => openSheet("chats", event.currentTarget));
  byId("open-panel").addEventListener("click", (event) => openSheet("panel", event.currentTarget));
  byId("backdrop").addEventListener("click", closeSheet);
  for (const button of document.querySelectorAll("[data-close-sheet]")) button.addEventListener("click", closeSheet);
  for (const button of byId("filter").children) button.addEventListener("click", () => filterTraffic(button));
  byId("pause").addEventListener("click", pause);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.dataset.sheet) closeSheet();
  });
  for (const width of ["(max-width: 720px)", "(max-width: 1080px)"]) {
    matchMedia(width).addEventListener("change", closeSheet);
  }
}

setTheme(remembered());
wireComposer();
wireScroller();
wirePictures();
wireLightbox();
wireRest();
showPopup();
listen();
