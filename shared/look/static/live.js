// Comforts only: every page works without this file.
"use strict";

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
