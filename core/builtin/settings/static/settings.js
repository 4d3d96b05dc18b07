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
