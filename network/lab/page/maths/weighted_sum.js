// The weighted sum of one unit, term by term: bias + the sum of what comes in, times its weight.

/** Take a unit's sum apart. `outputs` is what forward() returned for `layers`; of a layer of images
 * the sum is that at [h, w]. Returns {terms: [{name, x, weight, value}], bias, sum, then}, where
 * `then` are the steps that follow in the stage: [{kind, y}], y null once places are pooled. */
export function weightedSum(layers, outputs, stage, unit, [h, w] = [0, 0]) {
  const { first, last } = stage;
  const layer = layers[first]; // as it is edited
  const { n_out, params: { weight, bias } } = layer;
  const x = outputs[first];
  const terms = [];
  const add = (name, at, row) =>
    terms.push({
      name, at, row, x: x.values[at], weight: weight.values[row * n_out + unit],
      value: x.values[at] * weight.values[row * n_out + unit],
    });
  if (layer.kind === "Linear") {
    const name = nameOfInput(layers, outputs, first);
    for (let at = 0; at < x.values.length; at++) add(name(at), at, at);
  } else {
    const { size, padding } = layer;
    const [height, width, channels = 1] = x.shape;
    for (let row = 0; row < size * size * channels; row++) {
      const c = row % channels;
      const [r, q] = [h + Math.floor(row / channels / size) - padding, w + (Math.floor(row / channels) % size) - padding];
      if (r < 0 || q < 0 || r >= height || q >= width) continue; // nothing but padding
      add(channels > 1 ? `map ${c} at ${r}, ${q}` : `pixel ${r}, ${q}`, (r * width + q) * channels + c, row);
    }
  }
  const place = layer.kind === "Linear" ? unit : (h * outputs[first + 1].shape[1] + w) * n_out + unit;
  return {
    terms,
    bias: bias.values[unit],
    sum: outputs[first + 1].values[place],
    then: stepsAfter(layers, outputs, first, last, place),
  };
}

/** What the other layers of the stage make of the sum, as long as each keeps the places apart. */
function stepsAfter(layers, outputs, first, last, place) {
  const steps = [];
  for (let index = first + 1; index <= last; index++) {
    if (layers[index].kind === "Dropout" || layers[index].kind === "Identity") continue;
    const isSame = outputs[index + 1].values.length === outputs[first + 1].values.length;
    const isOff = index === last && layers[last].off?.includes(place % layers[last].shape.at(-1));
    const kind = isOff ? "being switched off" : layers[index].kind;
    steps.push({ kind, y: isSame ? outputs[index + 1].values[place] : null });
    if (!isSame) break;
  }
  return steps;
}

/** How the numbers that enter a Linear are called: by what they were before they were laid in a row. */
export function nameOfInput(layers, outputs, first) {
  const { shape, isPicture } = shapeOfInput(layers, outputs, first);
  if (shape.length === 1) return (at) => `neuron ${at}`;
  const [, width, channels = 1] = shape;
  return (at) => {
    const c = at % channels;
    const [r, q] = [Math.floor(at / channels / width), Math.floor(at / channels) % width];
    return isPicture ? `pixel ${r}, ${q}` : `map ${c} at ${r}, ${q}`;
  };
}

/** The shape of what enters a layer before it was laid in a row, and whether it is the picture. */
export function shapeOfInput(layers, outputs, first) {
  let index = first;
  while (index > 0 && ["Flatten", "Dropout", "Identity"].includes(layers[index - 1].kind)) index -= 1;
  return { shape: outputs[index].shape, isPicture: index === 0 };
}
