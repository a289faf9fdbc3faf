// A map of images: points to hover, zoom and move over, which from near are the images themselves.

import { h } from "./dom.js";
import { classColour, shortName } from "./palette.js";

const [LEAST, MOST, NEAR] = [1, 40, 3]; // zoom; from NEAR on points are images
const REACH = 16; // CSS pixels around a point in which it is found
const TILE = 28;
const MOVING = 700; // milliseconds from one map to another

/** Make an empty map. `onHover(index, x, y)` and `onChoose(index)` are called; null: no image. */
export function makeScatter({ onHover, onChoose }) {
  const canvas = h("canvas", {
    class: "scatter", tabindex: 0, role: "application",
    "aria-label": "Map of images. Arrow keys go from image to image, + and − zoom, Enter opens one.",
  });
  const drawing = canvas.getContext("2d");
  const sprite = document.createElement("canvas");
  const view = { zoom: 1, x: 0, y: 0 }; // the middle of the window, in places
  let [data, which, from, to, began] = [null, [], null, null, 0];
  let [hovered, chosen, only, size] = [null, null, null, [0, 0]];
  let places = null;

  // --- what is where ------------------------------------------------------------------------------

  const scale = () => 0.46 * Math.min(...size) * view.zoom;
  const toScreen = (n) => [
    size[0] / 2 + (places[2 * n] - view.x) * scale(),
    size[1] / 2 - (places[2 * n + 1] - view.y) * scale(),
  ];

  /** The nearest point to a place of the screen, within reach. */
  function nearest(x, y, reach = REACH) {
    let [best, least] = [null, reach ** 2];
    for (let n = 0; n < which.length; n++) {
      if (only !== null && data.labels[which[n]] !== only) continue;
      const [px, py] = toScreen(n);
      const distance = (px - x) ** 2 + (py - y) ** 2;
      if (distance < least) [best, least] = [n, distance];
    }
    return best;
  }

  // --- drawing ------------------------------------------------------------------------------------

  /** Draw every image once, in the colour of its class, to be copied from there. */
  function paintSprite() {
    const columns = 64;
    sprite.width = columns * TILE;
    sprite.height = Math.ceil(which.length / columns) * TILE;
    const brush = sprite.getContext("2d");
    which.forEach((index, n) => {
      const tile = brush.createImageData(TILE, TILE);
      const colour = classColour(data.labels[index]);
      const rgb = [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
      data.pixels(index).forEach((level, at) => tile.data.set([...rgb, level], 4 * at));
      brush.putImageData(tile, (n % columns) * TILE, Math.floor(n / columns) * TILE);
    });
  }

  function draw() {
    if (!places || !size[0]) return;
    move();
    const ratio = devicePixelRatio || 1;
    drawing.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawing.clearRect(0, 0, ...size);
    const style = getComputedStyle(canvas);
    for (let n = 0; n < which.length; n++) {
      drawing.globalAlpha = only === null || data.labels[which[n]] === only ? 1 : 0.12;
      drawPoint(n, style);
    }
    drawing.globalAlpha = 1;
    for (const n of [hovered, which.indexOf(chosen)]) {
      if (n !== null && n >= 0) ring(n, style.getPropertyValue("--ink"), 2.5, 4);
    }
    if (began) requestAnimationFrame(draw);
  }

  function drawPoint(n, style) {
    const [x, y] = toScreen(n);
    if (x < -TILE || y < -TILE || x > size[0] + TILE || y > size[1] + TILE) return;
    if (view.zoom >= NEAR) {
      const side = tileSide();
      drawing.drawImage(sprite, (n % 64) * TILE, Math.floor(n / 64) * TILE, TILE, TILE, x - side / 2, y - side / 2, side, side);
    } else {
      const label = data.labels[which[n]];
      drawing.font = `600 ${(10 + 2 * view.zoom).toFixed(1)}px ${style.fontFamily}`;
      drawing.textAlign = "center";
      drawing.textBaseline = "middle";
      drawing.fillStyle = classColour(label);
      drawing.fillText(shortName(data.classes, label), x, y);
    }
    if (data.isWrong(which[n])) ring(n, style.getPropertyValue("--problem"), 1.5, 1);
  }

  const tileSide = () => Math.min(56, 8 * view.zoom);

  function ring(n, colour, width, wider) {
    drawing.beginPath();
    drawing.arc(...toScreen(n), (view.zoom >= NEAR ? tileSide() / 2 : 8) + wider, 0, 2 * Math.PI);
    drawing.lineWidth = width;
    drawing.strokeStyle = colour;
    drawing.stroke();
  }

  /** Bring the points on their way from one map to the next. */
  function move() {
    if (!began) return;
    const part = Math.min(1, (performance.now() - began) / MOVING);
    const eased = part * part * (3 - 2 * part);
    places = from.map((place, at) => place + (to[at] - place) * eased);
    if (part === 1) began = 0;
  }

  // --- what is shown ------------------------------------------------------------------------------

  /** Show images at places; the ones that are shown already go there from where they are. */
  function show(newData, newWhich, newPlaces) {
    const isSame = data === newData && which.length === newWhich.length;
    [data, which] = [newData, [...newWhich]];
    if (!isSame) paintSprite();
    const isMoving = isSame && places && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    [from, to, began] = isMoving ? [places, newPlaces, performance.now()] : [null, null, 0];
    if (!isMoving) places = newPlaces;
    hover(null);
    reset();
  }

  function reset() {
    Object.assign(view, { zoom: 1, x: 0, y: 0 });
    draw();
  }

  /** Zoom by a factor, keeping what is at [x, y] where it is. */
  function zoom(by, [x, y] = [size[0] / 2, size[1] / 2]) {
    const before = scale();
    view.zoom = Math.min(Math.max(view.zoom * by, LEAST), MOST);
    const change = 1 / before - 1 / scale();
    pan((x - size[0] / 2) * change * scale(), (y - size[1] / 2) * change * scale(), -1);
  }

  function pan(x, y, direction = 1) {
    const most = 1.2 * (1 - 1 / view.zoom);
    view.x = Math.min(Math.max(view.x - (direction * x) / scale(), -most), most);
    view.y = Math.min(Math.max(view.y + (direction * y) / scale(), -most), most);
    canvas.style.touchAction = view.zoom > 1 ? "none" : "pan-y";
    draw();
  }

  function hover(n) {
    if (n === hovered) return;
    hovered = n;
    onHover(n === null ? null : which[n], ...(n === null ? [] : toScreen(n)));
    draw();
  }

  function choose(index) {
    chosen = index;
    draw();
  }

  /** Show the images of one class alone, the others faintly; null: all. */
  function keep(label) {
    only = label;
    draw();
  }

  listen({ canvas, nearest, zoom, pan, reset, hover, onChoose, toScreen, view, isThere: () => places !== null,
    hovered: () => hovered, index: (n) => which[n] });
  new ResizeObserver(([{ contentRect }]) => {
    size = [contentRect.width, contentRect.height];
    canvas.width = size[0] * (devicePixelRatio || 1);
    canvas.height = size[1] * (devicePixelRatio || 1);
    draw();
  }).observe(canvas);
  const repaint = () => {
    if (places) paintSprite();
    draw();
  };
  return { element: canvas, show, choose, keep, zoom, reset, repaint };
}

// --- mouse, touch, keys -----------------------------------------------------------------------------

function listen(map) {
  const { canvas } = map;
  const held = new Map(); // pointers that are down: where they are
  let travelled = 0;
  const place = (event) => [event.offsetX, event.offsetY];
  const spread = () => {
    const [a, b] = [...held.values()];
    return Math.hypot(a[0] - b[0], a[1] - b[1]);
  };
  canvas.addEventListener("pointerdown", (event) => {
    held.set(event.pointerId, place(event));
    if (held.size === 1) travelled = 0;
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    const at = place(event);
    const before = held.get(event.pointerId);
    if (!before) return map.isThere() && map.hover(map.nearest(...at));
    travelled += Math.hypot(at[0] - before[0], at[1] - before[1]);
    if (held.size === 2) {
      const apart = spread();
      held.set(event.pointerId, at);
      map.zoom(spread() / (apart || 1), at);
    } else if (travelled > 4) {
      held.set(event.pointerId, at);
      map.hover(null);
      if (map.view.zoom > 1) map.pan(at[0] - before[0], at[1] - before[1]);
    }
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      const wasClick = held.size === 1 && travelled <= 4 && name === "pointerup";
      held.delete(event.pointerId);
      if (!wasClick || !map.isThere()) return;
      const n = map.nearest(...place(event), event.pointerType === "mouse" ? REACH : 1.5 * REACH);
      if (n !== null) map.onChoose(map.index(n));
    });
  }
  canvas.addEventListener("pointerleave", () => map.hover(null));
  canvas.addEventListener("dblclick", (event) => map.zoom(2, place(event)));
  canvas.addEventListener("wheel", (event) => {
    if (document.activeElement !== canvas && !event.ctrlKey) return; // the page is scrolled
    event.preventDefault();
    map.zoom(Math.exp(-event.deltaY / 300), place(event));
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => onKey(map, event));
}

function onKey(map, event) {
  const direction = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[event.key];
  if (direction) map.hover(neighbour(map, direction) ?? map.hovered());
  else if (event.key === "+" || event.key === "=") map.zoom(1.5);
  else if (event.key === "-") map.zoom(1 / 1.5);
  else if (event.key === "Escape") map.reset();
  else if (event.key === "Enter" && map.hovered() !== null) map.onChoose(map.index(map.hovered()));
  else return;
  event.preventDefault();
}

/** The nearest point in a direction from the one that is hovered; the middle one to begin with. */
function neighbour(map, [dx, dy]) {
  const { width, height } = map.canvas.getBoundingClientRect();
  if (map.hovered() === null) return map.nearest(width / 2, height / 2, Infinity);
  const [x, y] = map.toScreen(map.hovered());
  for (const step of [12, 24, 48, 96, 192, 384]) {
    const found = map.nearest(x + dx * step, y + dy * step, step * 0.9);
    if (found !== null && found !== map.hovered()) return found;
  }
  return null;
}
