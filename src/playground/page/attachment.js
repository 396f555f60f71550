// The picture that is sent: chosen, pasted or dropped.

import { clearComposer, showComposer, showSend } from "./composer.js";
import { byId, toast } from "./dom.js";
import { draft, view, writer } from "./model.js";
import { post, trying } from "./requests.js";

export async function sendPhoto(photo, caption) {
  const target = new URLSearchParams({ user: writer().id, chat: view.chat, caption });
  byId("send").disabled = true;
  const sent = await trying("The picture could not be sent", () =>
    post(`/api/photo?${target}`, photo.file, photo.file.type),
  );
  if (sent) clearComposer();
  else showSend();
}

export function attach(file) {
  if (!file) return;
  if (!file.type.startsWith("image/")) {
    toast("Only pictures can be sent here.");
    return;
  }
  const old = draft().photo;
  if (old) URL.revokeObjectURL(old.url);
  draft().photo = { file, url: URL.createObjectURL(file) };
  showComposer();
  byId("text").focus();
}

export function detach() {
  URL.revokeObjectURL(draft().photo.url);
  draft().photo = null;
  byId("file").value = "";
  showComposer();
  byId("text").focus();
}

export function wirePictures() {
  const main = byId("main");
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const shown = (event, on) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    byId("drop").hidden = !on;
  };
  main.addEventListener("dragover", (event) => shown(event, true));
  main.addEventListener("dragleave", (event) => shown(event, main.contains(event.relatedTarget)));
  main.addEventListener("drop", (event) => {
    shown(event, false);
    if (hasFile(event)) attach(event.dataTransfer.files[0]);
  });
  document.addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])][0];
    if (!file) return;
    event.preventDefault();
    attach(file);
  });
}
