// Comforts only: every page works without this file.
"use strict";

document.documentElement.classList.add("script");

// A form is posted once: its button says so and a second press does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.posted) return event.preventDefault();
  form.dataset.posted = "yes";
  const pressed = event.submitter;
  if (!pressed) return;
  pressed.dataset.words = pressed.textContent;
  // After this turn, so that the button's own name and value are sent.
  setTimeout(() => { pressed.textContent = document.documentElement.dataset.saving; });
});

// A page that comes back from the browser's memory can be posted again.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  if (document.body.dataset.leave) return location.reload();
  for (const form of document.forms) delete form.dataset.posted;
  for (const button of document.querySelectorAll("[data-words]")) button.textContent = button.dataset.words;
});

// The error box takes the focus, so that it is heard first.
document.getElementById("errors")?.focus();

// Leave this page: blank at once, then a neutral page in place of this one. Shift three times in 5 s too.
const neutral = document.body.dataset.leave;
if (neutral) {
  const leave = () => {
    const blank = document.createElement("div");
    blank.className = "left";
    document.body.replaceChildren(blank);
    document.title = "";
    location.replace(neutral);
  };
  let presses = [];
  addEventListener("keyup", (event) => {
    if (event.key !== "Shift") { presses = []; return; }
    presses = presses.filter((at) => event.timeStamp - at < 5000).concat(event.timeStamp);
    if (presses.length >= 3) leave();
  });
  for (const link of document.querySelectorAll(`a[href="${neutral}"]`)) {
    link.addEventListener("click", (event) => { event.preventDefault(); leave(); });
  }
}

// A password can be read while it is typed.
for (const input of document.querySelectorAll("input[data-show]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet";
  button.textContent = input.dataset.show;
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-controls", input.id);
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.textContent = shown ? input.dataset.show : input.dataset.hide;
    button.setAttribute("aria-pressed", String(!shown));
  });
  const both = document.createElement("div");
  both.className = "with-show";
  input.replaceWith(both);
  both.append(input, button);
}

// A signature may be drawn; it travels as one SVG path in a hidden input.
for (const pad of document.querySelectorAll("[data-signature]")) {
  const canvas = pad.querySelector("canvas");
  const kept = pad.querySelector("input[type=hidden]");
  const pen = canvas.getContext("2d");
  let path = "";
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [
      Math.round(((event.clientX - box.left) / box.width) * canvas.width),
      Math.round(((event.clientY - box.top) / box.height) * canvas.height),
    ];
  };
  const clear = () => { path = kept.value = ""; pen.clearRect(0, 0, canvas.width, canvas.height); };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.lineWidth = 3;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.beginPath();
    pen.moveTo(...point(event));
    path += `M${point(event).join(" ")}`;
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!canvas.hasPointerCapture(event.pointerId) || path.length > 15000) return;
    pen.lineTo(...point(event));
    pen.stroke();
    path += `L${point(event).join(" ")}`;
    kept.value = path;
  });
  pad.querySelector("button").addEventListener("click", clear);
}
