// A name may be drawn; the typed name is the signature, so the page works without this file.
// Sent as lines of a path, not as a picture: "M12 30L14 33…".
const box = document.querySelector("[data-sign]");
if (box) {
  const canvas = box.querySelector("canvas");
  const hidden = box.querySelector("input");
  const pen = canvas.getContext("2d");
  const most = 9000;
  let path = "";
  let drawing = false;
  box.hidden = false;

  const place = (event) => {
    const frame = canvas.getBoundingClientRect();
    const scale = canvas.width / frame.width;
    const inside = (value, end) => Math.max(0, Math.min(end, Math.round(value)));
    return [
      inside((event.clientX - frame.left) * scale, canvas.width),
      inside((event.clientY - frame.top) * scale, canvas.height),
    ];
  };
  const add = (letter, [x, y]) => {
    if (path.length > most) return;
    path += `${letter}${x} ${y}`;
    hidden.value = path;
  };
  const clear = () => {
    path = "";
    hidden.value = "";
    pen.clearRect(0, 0, canvas.width, canvas.height);
  };

  canvas.addEventListener("pointerdown", (event) => {
    drawing = true;
    canvas.setPointerCapture(event.pointerId);
    pen.lineWidth = 3;
    pen.lineCap = "round";
    pen.strokeStyle = getComputedStyle(canvas).color;
    pen.beginPath();
    pen.moveTo(...place(event));
    add("M", place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!drawing) return;
    pen.lineTo(...place(event));
    pen.stroke();
    add("L", place(event));
  });
  canvas.addEventListener("pointerup", () => { drawing = false; });
  box.querySelector("[data-clear]").addEventListener("click", clear);
}
