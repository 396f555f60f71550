// A picture that fills the window.

import { byId } from "./dom.js";
import { view } from "./model.js";

export function openLightbox(pictures, at) {
  view.lightbox = { pictures, at };
  showLightbox();
  byId("lightbox").showModal(); // traps the focus, closes on Esc, gives the focus back
}

function showLightbox() {
  const { pictures, at } = view.lightbox;
  const many = pictures.length > 1;
  byId("lightbox-image").src = pictures[at].src;
  byId("lightbox-image").alt = pictures[at].caption || `Picture ${at + 1}`;
  byId("lightbox-caption").textContent = pictures[at].caption;
  byId("lightbox-count").textContent = many ? `${at + 1} of ${pictures.length}` : "";
  byId("lightbox-prev").hidden = !many;
  byId("lightbox-next").hidden = !many;
}

function turn(by) {
  const { pictures, at } = view.lightbox;
  view.lightbox.at = (at + by + pictures.length) % pictures.length;
  showLightbox();
}

export function wireLightbox() {
  const box = byId("lightbox");
  byId("lightbox-prev").addEventListener("click", () => turn(-1));
  byId("lightbox-next").addEventListener("click", () => turn(1));
  byId("lightbox-close").addEventListener("click", () => box.close());
  byId("alert-ok").addEventListener("click", () => byId("alert").close());
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") turn(-1);
    if (event.key === "ArrowRight") turn(1);
  });
  box.addEventListener("click", (event) => {
    if (["DIALOG", "FIGURE"].includes(event.target.tagName)) box.close();
  });
}
