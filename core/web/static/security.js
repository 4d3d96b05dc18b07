/* Passkeys: the page's buttons ask the device and send its answer as an ordinary form. And: printing recovery codes. */
"use strict";
(() => {
  const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const known = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const question = async (address) => {
    const answer = await fetch(address, { method: "POST", headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const asked = await answer.json();
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    asked.excludeCredentials = known(asked.excludeCredentials);
    asked.allowCredentials = known(asked.allowCredentials);
    return asked;
  };
  const sent = (given) => {
    const from = given.response;
    const response = { clientDataJSON: text(from.clientDataJSON) };
    if (from.attestationObject) {
      response.attestationObject = text(from.attestationObject);
      response.transports = from.getTransports?.() || [];
    } else {
      response.authenticatorData = text(from.authenticatorData);
      response.signature = text(from.signature);
      if (from.userHandle) response.userHandle = text(from.userHandle);
    }
    return JSON.stringify({ id: given.id, rawId: text(given.rawId), type: given.type, response, clientExtensionResults: {} });
  };

  const offer = (box) => {
    const form = box.querySelector("form");
    const button = form.querySelector("button");
    const trouble = form.querySelector("[data-trouble]");
    const go = async () => {
      if (button.getAttribute("aria-disabled") || !form.reportValidity()) return;
      button.setAttribute("aria-disabled", "true");
      trouble.hidden = true;
      try {
        const publicKey = await question(box.dataset.options);
        const given = box.dataset.passkey === "make" ? await navigator.credentials.create({ publicKey }) : await navigator.credentials.get({ publicKey });
        form.elements.credential.value = sent(given);
        button.removeAttribute("aria-disabled");
        form.requestSubmit();
      } catch (error) { /* taken back, timed out, or there already: the person decides what is next */
        const there = error.name === "InvalidStateError";
        trouble.querySelector("[data-known]").hidden = !there;
        trouble.querySelector("[data-cancelled]").hidden = there;
        trouble.hidden = false;
        button.removeAttribute("aria-disabled");
      }
    };
    button.addEventListener("click", go);
    form.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("input")) { event.preventDefault(); go(); } });
    box.hidden = false;
  };

  if (window.PublicKeyCredential && navigator.credentials) {
    document.querySelectorAll("[data-passkey]").forEach(offer);
    document.querySelectorAll("[data-without-passkeys]").forEach((told) => { told.hidden = true; });
  }
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
})();
