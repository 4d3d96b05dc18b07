/* A picker beside each colour; without it, the colour is typed. */
"use strict";
document.querySelectorAll(".colour > input").forEach((text) => {
  if (text.disabled) return;
  const picker = document.createElement("input");
  picker.type = "color";
  picker.setAttribute("aria-label", document.querySelector(`label[for="${CSS.escape(text.id)}"]`)?.textContent || "");
  const show = () => { if (/^#[0-9a-f]{6}$/i.test(text.value)) picker.value = text.value; };
  picker.addEventListener("input", () => { text.value = picker.value; });
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
