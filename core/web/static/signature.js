/* A name that is drawn with finger, pen or mouse, beside the typed one: lines of whole points, kept as text. */
(() => {
  const pad = (box) => {
    const kept = box.closest("form").elements[box.dataset.signature], [width, height] = box.dataset.paper.split(" ").map(Number);
    if (!kept) return;
    const make = (tag, text = "") => Object.assign(document.createElement(tag), { textContent: text });
    const frame = make("div"), hint = make("p", box.dataset.draw), paper = make("canvas"), clear = make("button", box.dataset.clear);
    frame.className = "pad";
    hint.className = "help";
    paper.width = width;
    paper.height = height;
    paper.setAttribute("aria-hidden", "true");
    clear.type = "button";
    clear.className = "button quiet small";
    frame.append(hint, paper, clear);
    box.append(frame);
    const pen = paper.getContext("2d");
    let lines = kept.value ? kept.value.split(";").map((line) => line.split(" ")) : [], now = null;
    const point = (event) => {
      const at = paper.getBoundingClientRect(), inside = (value, most) => Math.max(0, Math.min(most, Math.round(value)));
      return `${inside((event.clientX - at.left) * width / at.width, width)},${inside((event.clientY - at.top) * height / at.height, height)}`;
    };
    const draw = () => {
      pen.clearRect(0, 0, width, height);
      Object.assign(pen, { lineWidth: 4, lineCap: "round", lineJoin: "round", strokeStyle: getComputedStyle(paper).color });
      lines.forEach((line) => {
        const points = (line.length > 1 ? line : [line[0], line[0]]).map((one) => one.split(",").map(Number));
        pen.beginPath();
        points.forEach(([x, y], place) => (place ? pen.lineTo(x, y) : pen.moveTo(x, y)));
        pen.stroke();
      });
      clear.hidden = !lines.length;
    };
    const save = () => { kept.value = lines.map((line) => line.join(" ")).join(";"); };
    paper.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      paper.setPointerCapture(event.pointerId);
      now = [point(event)];
      lines.push(now);
      draw();
    });
    paper.addEventListener("pointermove", (event) => {
      if (!now) return;
      const next = point(event), length = lines.reduce((sum, line) => sum + line.join(" ").length + 1, 0);
      if (next !== now[now.length - 1] && length < Number(box.dataset.most)) { now.push(next); draw(); }
    });
    ["pointerup", "pointercancel", "lostpointercapture"].forEach((name) => paper.addEventListener(name, () => { if (now) { now = null; save(); } }));
    clear.addEventListener("click", () => { lines = []; save(); draw(); box.querySelector("input:not([type=hidden])")?.focus(); });
    draw();
  };
  document.querySelectorAll("[data-signature]").forEach(pad);
})();
