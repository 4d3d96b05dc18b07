/* A picker beside each colour; without it, the colour is typed. What is not set shows what is computed for it. */
"use strict";
document.querySelectorAll(".colour > input").forEach((text) => {
  if (text.disabled) return;
  const picker = document.createElement("input");
  picker.type = "color";
  picker.setAttribute("aria-label", document.querySelector(`label[for="${CSS.escape(text.id)}"]`)?.textContent || "");
  const show = () => {
    const known = [text.value, text.dataset.usual].find((one) => /^#[0-9a-f]{6}$/i.test(one || ""));
    if (known) picker.value = known;
    picker.classList.toggle("unset", !text.value);
  };
  picker.addEventListener("input", () => { text.value = picker.value; picker.classList.remove("unset"); });
  text.addEventListener("input", show);
  show();
  text.before(picker);
});

/* Fields of a form: dragged into another place; the buttons up and down do the same. */
let dragged = null;
const line = (event) => event.target.closest?.("[data-order] > [draggable]");
document.addEventListener("dragstart", (event) => {
  dragged = line(event);
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.dataset.name);
  dragged.classList.add("dragged");
});
document.addEventListener("dragover", (event) => {
  const over = dragged && line(event);
  if (!over || over.parentElement !== dragged.parentElement) return;
  event.preventDefault();
  document.querySelectorAll(".field-line.over").forEach((one) => one.classList.toggle("over", one === over));
  over.classList.add("over");
});
document.addEventListener("drop", (event) => {
  const over = dragged && line(event);
  if (!over || over === dragged) return;
  event.preventDefault();
  const down = dragged.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
  down ? over.after(dragged) : over.before(dragged);
  const form = over.closest("form");
  form.elements.order.value = [...over.parentElement.children].map((one) => one.dataset.name).join(",");
  const button = form.querySelector("button[value=none]");
  button.value = "order";
  button.click();
});
document.addEventListener("dragend", () => {
  document.querySelectorAll(".field-line").forEach((one) => one.classList.remove("dragged", "over"));
  dragged = null;
});

/* What is typed and not collected yet goes along when its page is left: by a link, which waits for it, or any other way. */
const typed = new Set();
const left = (form) => {
  const data = new FormData(form);
  [...data].filter(([, value]) => value instanceof File).forEach(([name]) => data.delete(name));
  data.delete("_once");
  data.set("do", "keep");
  return data;
};
document.addEventListener("input", (event) => { const form = event.target.form; if (form?.matches("form.settings[data-hx-trigger=change]")) typed.add(form); });
document.addEventListener("submit", (event) => typed.delete(event.target), true);
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) typed.delete(event.detail.requestConfig?.elt); });
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || !typed.size || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || link.target || link.origin !== location.origin || link.hash) return;
  event.preventDefault();
  const sent = [...typed].map((form) => fetch(form.action, { method: "POST", body: left(form), keepalive: true, redirect: "manual" }));
  typed.clear();
  Promise.race([Promise.allSettled(sent), new Promise((done) => { setTimeout(done, 3000); })]).then(() => { location.href = link.href; });
});
const mark = (said) => { try { const was = sessionStorage.getItem("settings-left"); said ? sessionStorage.setItem("settings-left", said) : sessionStorage.removeItem("settings-left"); return was; } catch { return null; } };
["beforeunload", "pagehide"].forEach((name) => window.addEventListener(name, () => {
  if (!typed.size) return;
  typed.forEach((form) => navigator.sendBeacon(form.action, left(form)));
  typed.clear();
  mark("1");
}));
if (mark("")) setTimeout(() => location.reload(), 500); /* this page may have been drawn before what was left arrived */
