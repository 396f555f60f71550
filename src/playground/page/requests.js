// Requests to the playground's server.

import { toast } from "./dom.js";

export async function post(path, body, type = "application/json") {
  const payload = type === "application/json" ? JSON.stringify(body) : body;
  const response = await fetch(path, { method: "POST", headers: { "content-type": type }, body: payload });
  const text = await response.text();
  let answer = {};
  try {
    answer = JSON.parse(text);
  } catch {
    answer = { error: text };
  }
  if (!response.ok) throw new Error(answer.error || `status ${response.status}`);
  return answer;
}

/** Runs `work` and returns whether it succeeded; a failure is shown as a toast. */
export async function trying(what, work) {
  try {
    await work();
    return true;
  } catch (error) {
    toast(`${what}: ${error.message}`);
    return false;
  }
}

export const fileUrl = (id) => `/api/files/${encodeURIComponent(id)}`;
