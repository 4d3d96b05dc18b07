/* What makes the portal pleasant; every page works without it. */
"use strict";
(() => {
  const root = document.documentElement;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const typing = (at) => at.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  /* Times: the page holds the exact one, people read the near one; the exact one stays in the title. */
  const STEPS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat(root.lang || "en", { numeric: "auto" });
  const near = (time) => {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    if (Number.isNaN(seconds) || Math.abs(seconds) > 604800) return;
    const [unit, size] = STEPS.find(([, length]) => Math.abs(seconds) >= length) || ["minute", 60];
    time.title ||= time.textContent;
    time.textContent = words.format(Math.round(seconds / size), unit);
  };

  /* Text areas grow with what is in them. */
  const grow = (area) => {
    area.rows = Math.min(24, Math.max(area.dataset.least || (area.dataset.least = area.rows), area.value.split("\n").length + 1));
  };

  /* Drafts: of this tab, this person and this form; gone when sent, signed out or somebody else signs in. */
  const keep = {
    get: (key) => { try { return sessionStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { value ? sessionStorage.setItem(key, value) : sessionStorage.removeItem(key); } catch { /* full or refused: the text is still in the field */ } },
    drop: (stays = () => false) => { try { Object.keys(sessionStorage).filter((key) => key.startsWith("draft:") && !stays(key)).forEach((key) => sessionStorage.removeItem(key)); } catch { /* nothing was kept */ } },
  };
  const person = root.dataset.person || "";
  const draftKey = (form, field) => `draft:${person}:${form.dataset.draft}:${field.name}`;
  const draftFields = (form) => all("textarea[name], input[type=text][name]", form);
  const restore = (form) => draftFields(form).forEach((field) => {
    const kept = person && keep.get(draftKey(form, field));
    if (kept && !field.value) { field.value = kept; if (field.matches("[data-grow]")) grow(field); }
  });
  const forget = (form) => draftFields(form).forEach((field) => keep.set(draftKey(form, field), ""));

  /* Chosen files as chips that can be taken back one by one. */
  const chips = (box) => {
    const input = box.querySelector("input[type=file]");
    const list = box.querySelector("[data-chips]");
    list.replaceChildren(...[...input.files].map((chosen, index) => {
      const item = document.createElement("li");
      const chip = item.appendChild(document.createElement("span"));
      const name = chip.appendChild(document.createElement("span"));
      name.className = "name";
      name.textContent = name.title = chosen.name;
      const size = chip.appendChild(document.createElement("span"));
      size.className = "soft size";
      size.textContent = new Intl.NumberFormat(root.lang, { style: "unit", unit: chosen.size < 1e6 ? "kilobyte" : "megabyte", maximumFractionDigits: chosen.size < 1e6 ? 0 : 1 }).format(chosen.size / (chosen.size < 1e6 ? 1e3 : 1e6));
      const remove = chip.appendChild(document.createElement("button"));
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", `${box.dataset.remove || ""} ${chosen.name}`.trim());
      remove.addEventListener("click", () => {
        const rest = new DataTransfer();
        [...input.files].forEach((other, at) => at !== index && rest.items.add(other));
        input.files = rest.files;
        chips(box);
        input.focus();
      });
      return item;
    }));
  };

  /* Fields that are asked only if another one says so: shown and hidden as one types. What is hidden stays as it is
     and the server leaves it alone. */
  const texts = (form, name) => {
    const box = all("[data-repeated]", form).find((one) => one.dataset.repeated === name);
    const fields = box ? all("ol input:not([type=hidden]), ol select, ol textarea", box) : [...form.elements].filter((one) => one.name === name || one.name?.startsWith(`${name}.`));
    return fields.filter((one) => !one.closest("[data-unmet]") && (!/^(checkbox|radio)$/.test(one.type) || one.checked)).flatMap((one) => (one.multiple && one.options ? [...one.selectedOptions].map((option) => option.value) : [one.value]));
  };
  const met = (form, tests) => Object.entries(tests).every(([name, wanted]) => {
    const found = texts(form, name), filled = found.some((text) => text.trim() !== "");
    if (typeof wanted === "string") return filled === (wanted === "filled");
    return wanted.some((text) => found.includes(text) || (text === "" && !filled));
  });
  const judge = (form) => {
    const boxes = all("[data-if]", form);
    for (let round = 0, moved = true; moved && round <= boxes.length; round += 1) {
      moved = false;
      boxes.forEach((box) => { const unmet = !met(form, JSON.parse(box.dataset.if)); if (unmet !== box.hasAttribute("data-unmet") && !box.querySelector(".wrong")) { box.toggleAttribute("data-unmet", unmet); moved = true; } });
    }
  };
  ["input", "change"].forEach((name) => document.addEventListener(name, (event) => { const form = event.target.form; if (form?.querySelector("[data-if]")) judge(form); }));

  /* Rows that are added and taken away without asking the server. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button[name=_rows]"), box = button?.closest("[data-repeated]");
    if (!box) return;
    event.preventDefault();
    event.stopPropagation();
    const list = box.querySelector("ol"), row = button.closest("li"), form = button.form, add = box.lastElementChild;
    if (row) {
      const next = row.nextElementSibling || row.previousElementSibling;
      row.remove();
      (next?.querySelector("input:not([type=hidden]), select, textarea") || add).focus();
    } else {
      const free = 1 + Math.max(-1, ...all(":scope > li > input[type=hidden]", list).map((one) => Number(one.value)));
      const made = box.querySelector("template").content.firstElementChild.cloneNode(true), from = `${box.dataset.repeated}._`, to = `${box.dataset.repeated}.${free}`;
      [made, ...all("*", made)].forEach((one) => [...one.attributes].forEach((has) => { if (has.value.includes(from)) one.setAttribute(has.name, has.value.replaceAll(from, to)); }));
      made.querySelector("input[type=hidden]").value = free;
      list.append(made);
      start(made);
      made.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    }
    add.hidden = list.childElementCount >= Number(box.dataset.most);
    if (add.hidden && document.activeElement === document.body) list.lastElementChild.querySelector("input:not([type=hidden]), select, textarea")?.focus();
    judge(form);
    form.dispatchEvent(new Event("change", { bubbles: true }));
  }, true);

  const start = (from) => {
    const within = (selector) => [...(from.matches?.(selector) ? [from] : []), ...all(selector, from)];
    within("time[data-ago]").forEach(near);
    within("textarea[data-grow]").forEach(grow);
    within("form[data-draft]").forEach(restore);
    within("[data-copies]").forEach((button) => { button.hidden = !navigator.clipboard; });
    new Set(within("[data-if]").map((box) => box.closest("form"))).forEach((form) => form && judge(form));
    const first = within("[data-focus]")[0];
    if (first) first.focus({ preventScroll: from !== document });
  };

  /* A part of a form that is drawn anew, like the fields of a category: what is typed meanwhile stays, and sending
     comes first, also when the button is held down while the answer comes and would move it away. */
  const drawing = new Map(); /* form -> what asked, and the values that went with it */
  let pressed = null;
  const mark = (field) => `${field.name}/${/^(checkbox|radio)$/.test(field.type) ? field.value : ""}`;
  const value = (field) => (/^(checkbox|radio)$/.test(field.type) ? field.checked : field.value);
  const values = (form) => new Map(all("input[name]:not([type=file]):not([type=hidden]), textarea[name], select[name]", form).map((field) => [mark(field), value(field)]));
  const drawer = (event) => { const from = (event.detail.requestConfig || event.detail).elt; return from.matches?.("form") ? null : from.closest?.("form[method=post]"); };
  const put = (field, kept) => {
    if (kept === undefined || kept === value(field)) return;
    if (typeof kept === "boolean") { field.checked = kept; return; }
    field.value = kept;
    if (field.matches("[data-grow]")) grow(field);
  };
  const wait = (form) => { const one = drawing.get(form); if (one) one.waits = true; return one; };
  document.addEventListener("htmx:beforeRequest", (event) => { const form = drawer(event); if (form) drawing.set(form, { from: event.detail.elt, sent: values(form) }); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const one = drawing.get(drawer(event)), at = document.activeElement;
    if (!one) return;
    if (one.waits) { one.missed = true; event.detail.shouldSwap = false; return; }
    const typed = values(one.from.closest("form"));
    one.typed = new Map([...typed].filter(([key, now]) => one.sent.has(key) && one.sent.get(key) !== now));
    one.at = at?.selectionStart === undefined ? null : [at, at.selectionStart, at.selectionEnd];
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const form = drawer(event), one = drawing.get(form);
    if (!one?.typed) return;
    all("input[name], textarea[name], select[name]", form).forEach((field) => put(field, one.typed.get(mark(field))));
    const field = one.at && document.getElementById(one.at[0].id);
    if (field && field !== one.at[0] && field === document.activeElement) try { field.setSelectionRange(one.at[1], one.at[2]); } catch { /* numbers and the like have no caret to put */ }
  });
  document.addEventListener("htmx:afterRequest", (event) => { const form = drawer(event); if (drawing.get(form)?.from === event.detail.requestConfig?.elt) drawing.delete(form); });
  document.addEventListener("pointerdown", (event) => { pressed = wait(event.target.closest?.("button:not([type=button])")?.form); });
  ["pointerup", "pointercancel"].forEach((name) => document.addEventListener(name, () => {
    const one = pressed;
    pressed = null;
    if (one) setTimeout(() => {
      if (one.from.closest("form")?.dataset.sent) return;
      one.waits = false;
      if (one.missed) htmx.trigger(one.from, "change");
    }, 300);
  }));

  /* One form is sent once: what is on its way waits, what comes back may be sent again. */
  const free = (form) => { delete form.dataset.sent; all("button[aria-disabled]", form).forEach((button) => button.removeAttribute("aria-disabled")); };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.matches("[data-sign-out]")) keep.drop();
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); event.stopImmediatePropagation(); return; }
    form.dataset.sent = "1";
    wait(form);
    all("button:not([type=button])", form).forEach((button) => button.setAttribute("aria-disabled", "true"));
    if (form.dataset.draft && !form.hasAttribute("data-hx-post")) keep.set("draft-sent", JSON.stringify(draftFields(form).map((field) => draftKey(form, field))));
    setTimeout(() => free(form), 15000);
  }, true);
  /* The bell asks by itself: what fails there is nobody's business, it asks again. */
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.requestConfig.elt.id === "bell" && event.detail.xhr.status >= 300) event.detail.shouldSwap = false; });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.requestConfig?.elt || event.detail.elt; /* an answer may have replaced the form itself */
    if (!form.matches?.("form")) return;
    free(form);
    if (event.detail.successful && form.dataset.draft) forget(form);
  });
  document.addEventListener("htmx:load", (event) => { if (event.detail.elt !== document.body) start(event.detail.elt); });
  document.addEventListener("focusin", (event) => { if (event.target.matches("[data-copy]")) event.target.select(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copies]");
    if (button) navigator.clipboard.writeText(button.dataset.copies).then(() => { const told = button.querySelector("[role=status]"); told.textContent = button.dataset.done; told.className = ""; }, () => {});
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sent]").forEach(free); });

  /* Behind an @, those who can be found here are offered by name. */
  const call = (area) => {
    const box = area.form.querySelector("[data-calls]"), typed = /(?:^|[^\p{L}\p{N}@/.])@([\p{L}\p{N}_.'-]*)$/u.exec(area.value.slice(0, area.selectionStart))?.[1];
    const found = typed === undefined ? [] : Object.entries(JSON.parse(area.dataset.called)).filter(([handle]) => handle !== typed && handle.includes(typed.toLowerCase().replace(/[.']/g, "-"))).slice(0, 6);
    box.hidden = !found.length;
    box.replaceChildren(...found.map(([handle, name]) => {
      const one = Object.assign(document.createElement("button"), { type: "button", className: "button quiet small", textContent: name });
      one.addEventListener("click", () => {
        area.setRangeText(`${handle} `, area.selectionStart - typed.length, area.selectionStart, "end");
        area.focus();
        area.dispatchEvent(new Event("input", { bubbles: true }));
      });
      return one;
    }));
  };

  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.matches("textarea[data-grow]")) grow(field);
    if (field.matches("[data-called]")) call(field);
    const form = field.form;
    if (person && form?.dataset.draft && field.matches("textarea, input[type=text]")) keep.set(draftKey(form, field), field.value);
  });
  document.addEventListener("change", (event) => { const box = event.target.closest("[data-files]"); if (box) chips(box); });
  /* Files dropped on a field for files are chosen, beside those that were. */
  const over = (event) => (event.dataTransfer?.types.includes("Files") ? event.target.closest?.("[data-files]") : null);
  document.addEventListener("dragover", (event) => { const box = over(event); if (box) { event.preventDefault(); box.dataset.over = ""; } });
  ["dragleave", "drop"].forEach((name) => document.addEventListener(name, (event) => { const box = event.target.closest?.("[data-files]"); if (box && !(name === "dragleave" && box.contains(event.relatedTarget))) delete box.dataset.over; }));
  document.addEventListener("drop", (event) => {
    const box = over(event), input = box?.querySelector("input[type=file]");
    if (!input) return;
    event.preventDefault();
    const all = new DataTransfer();
    [...(input.multiple ? input.files : []), ...event.dataTransfer.files].slice(0, input.multiple ? undefined : 1).forEach((file) => all.items.add(file));
    input.files = all.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* Pictures that are pasted or dropped into a text are kept at once; what shows them stands where they fell. */
  const bring = (event, files) => {
    const area = event.target.closest?.("form[data-pictures] textarea[data-grow]");
    const chosen = [...(files || [])].filter((file) => file.type.startsWith("image/"));
    if (!area || !chosen.length) return;
    event.preventDefault();
    const data = new FormData();
    chosen.forEach((file) => data.append("pictures", file));
    area.setAttribute("aria-busy", "true");
    fetch(area.form.dataset.pictures, { method: "POST", body: data }).then((answer) => (answer.ok ? answer.text() : Promise.reject(answer))).then((text) => {
      area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
      area.dispatchEvent(new Event("input", { bubbles: true }));
    }).catch(() => area.form.querySelector("input[type=file]")?.focus()).finally(() => area.removeAttribute("aria-busy"));
  };
  document.addEventListener("paste", (event) => bring(event, event.clipboardData?.files));
  document.addEventListener("drop", (event) => bring(event, event.dataTransfer?.files));

  /* The device's own time zone, where the field has another one. */
  all("[data-zone]").forEach((offer) => {
    const field = document.getElementById(offer.dataset.zone), here = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (here === (field.value || offer.dataset.usual) || ![...field.options].some((option) => option.value === here)) return;
    offer.querySelector("b").textContent = here.replaceAll("_", " ");
    offer.hidden = false;
    offer.querySelector("button").addEventListener("click", () => { field.value = here; offer.hidden = true; field.focus(); });
  });

  /* Menus close when one looks elsewhere. */
  document.addEventListener("click", (event) => all("details.menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; }));

  /* Suggestions: a box and a list of links; arrows choose, Enter goes, Escape closes. */
  const suggest = (form) => {
    const input = form.querySelector("input[type=search]");
    const list = () => document.getElementById(form.dataset.suggest);
    const chosen = () => list().querySelector("[aria-selected=true]");
    const choose = (option) => {
      chosen()?.setAttribute("aria-selected", "false");
      option?.setAttribute("aria-selected", "true");
      option?.scrollIntoView({ block: "nearest" });
      option ? input.setAttribute("aria-activedescendant", option.id) : input.removeAttribute("aria-activedescendant");
    };
    const show = (open) => {
      const shown = open && list().childElementCount > 0 && input.value.trim() !== "";
      list().hidden = !shown;
      input.setAttribute("aria-expanded", String(shown));
      if (!shown) choose(null);
    };
    Object.entries({ role: "combobox", "aria-expanded": "false", "aria-autocomplete": "list", "aria-controls": form.dataset.suggest }).forEach(([name, value]) => input.setAttribute(name, value));
    form.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.xhr.status !== 200) event.detail.shouldSwap = false; });
    form.addEventListener("htmx:afterRequest", () => {
      show(document.activeElement === input);
      form.querySelector("[role=status]").textContent = list().hidden ? "" : list().dataset.told || "";
    });
    input.addEventListener("input", () => { if (!input.value.trim()) show(false); });
    input.addEventListener("focus", () => show(true));
    form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) show(false); });
    form.addEventListener("mousedown", (event) => { if (event.target.closest("[role=option]")) event.preventDefault(); });
    input.addEventListener("keydown", (event) => {
      const options = all("[role=option]", list());
      const at = options.indexOf(chosen());
      if (event.isComposing) return;
      if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options.length) {
        event.preventDefault();
        const next = event.key === "ArrowDown" ? at + 1 : at < 0 ? options.length - 1 : at - 1;
        show(true);
        choose(options[next] || null);
      } else if (event.key === "Enter" && at >= 0 && !list().hidden) { event.preventDefault(); options[at].click(); }
      else if (event.key === "Escape" && !list().hidden) { event.preventDefault(); show(false); }
    });
  };

  /* Keyboard. */
  let going = 0;
  const step = (by) => {
    const rows = all("[data-rows] .row > a");
    const at = rows.indexOf(document.activeElement);
    rows[Math.min(Math.max(at + by, 0), rows.length - 1)]?.focus();
  };
  const KEYS = {
    "/": () => (document.querySelector("main input[type=search]") || document.querySelector("#find"))?.focus(),
    n: () => document.querySelector("[data-key=n]")?.click(),
    j: () => step(1),
    k: () => step(-1),
    g: () => { going = Date.now(); },
    "?": () => document.querySelector("#keys")?.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const menu = event.target.closest?.("details.menu[open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    if (Date.now() - going < 1500) {
      going = 0;
      const place = all("[data-go]").find((key) => key.textContent === event.key.toLowerCase());
      if (place) { event.preventDefault(); location.href = place.dataset.go; return; }
    }
    if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
  });

  /* A page without an error summary after a sent form means the text arrived: its draft may go. A page for nobody means
     that the session had ended: the draft waits for its person. */
  if (person && !document.querySelector(".summary, .error-page")) JSON.parse(keep.get("draft-sent") || "[]").forEach((key) => keep.set(key, ""));
  keep.set("draft-sent", "");
  if (person) keep.drop((key) => key.startsWith(`draft:${person}:`));
  start(document);
  /* Where a row of links is wider than the screen, the one that is open is in view. */
  all(".second .bar > [aria-current], .chips > [aria-current], .side-nav > [aria-current]").forEach((link) => {
    const [own, around] = [link.getBoundingClientRect(), link.parentElement.getBoundingClientRect()];
    if (own.left < around.left || own.right > around.right) link.parentElement.scrollBy({ left: own.left + own.width / 2 - around.left - around.width / 2 });
  });
  all("form[data-suggest]").forEach(suggest);
  setInterval(() => all("time[data-ago]").forEach(near), 60000);
})();
