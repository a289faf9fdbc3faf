// Draw an array of numbers as an image: grey ink, or a diverging scale around 0.

const SCALES = {
  // from no ink to full ink
  ink: { light: [[250, 249, 246], [24, 23, 20]], dark: [[24, 23, 20], [246, 242, 233]] },
  // from -limit over 0 to limit
  diverging: {
    light: [[33, 85, 181], [250, 249, 246], [190, 48, 38]],
    dark: [[112, 170, 255], [24, 23, 20], [255, 122, 92]],
  },
};

/** Is the page dark now? */
export function isDark() {
  return document.documentElement.dataset.theme === "dark";
}

/** The colour of a share from 0 to 1 on a scale, as [red, green, blue]. */
export function colour(scale, share) {
  const stops = SCALES[scale][isDark() ? "dark" : "light"];
  const place = Math.min(Math.max(share, 0), 1) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  const part = place - index;
  return stops[index].map((from, i) => Math.round(from + (stops[index + 1][i] - from) * part));
}

/** The largest distance from 0. */
export function limitOf(values) {
  let limit = 0;
  for (const value of values) limit = Math.max(limit, Math.abs(value));
  return limit || 1;
}

/** Draw `rows` x `columns` numbers, one pixel each; CSS makes the pixels large and crisp.
 * With scale "ink" numbers go from 0 to `limit`, with "diverging" from -limit to limit. */
export function drawHeat(canvas, values, rows, columns, { scale = "ink", limit = 1, at = 0 } = {}) {
  canvas.width = columns;
  canvas.height = rows;
  canvas.classList.add("heat");
  const drawing = canvas.getContext("2d");
  const image = drawing.createImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    const share = scale === "ink" ? values[at + i] / limit : (values[at + i] / limit + 1) / 2;
    image.data.set([...colour(scale, share), 255], 4 * i);
  }
  drawing.putImageData(image, 0, 0);
  return canvas;
}

/** Make a canvas with an array drawn on it. */
export function heat(values, rows, columns, options = {}) {
  return drawHeat(document.createElement("canvas"), values, rows, columns, options);
}
