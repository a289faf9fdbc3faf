// Types shared by the modules of the page. JSDoc can name them without an import.

// --- arrays and networks ------------------------------------------------------------------------

/** An array: its shape, and its values in C order with the channels last, as in NumPy. */
interface NdArray<Values = Float32Array> {
  shape: number[];
  values: Values;
}

interface TypedArrays {
  float32: Float32Array<ArrayBuffer>;
  float64: Float64Array<ArrayBuffer>;
  int8: Int8Array<ArrayBuffer>;
  uint8: Uint8Array<ArrayBuffer>;
  int32: Int32Array<ArrayBuffer>;
}

/** An array in JSON: base64 of little-endian bytes. */
interface EncodedArray<Type extends keyof TypedArrays = "float32"> {
  shape: number[];
  type?: Type;
  data: string;
}

/** Grey levels of a 28x28 image, 0 (paper) to 255 (ink), row by row. */
type Pixels = Uint8Array;

/** The parameters of a layer by name, as in Python: weight, bias, scale, ... */
type Params = Record<string, NdArray>;

/** A layer from network/lab/model_json.py: its kind, its fields, the shape of its outputs. */
interface Layer {
  kind: string;
  shape: number[];
  stage: number | null; // index of its block; null: none
  params: Params;
  members?: Layer[][]; // of an Ensemble
  off?: number[]; // units switched off by an edit
}
interface LinearLayer extends Layer { n_out: number }
interface ConvLayer extends LinearLayer { size: number; padding: number }
interface PoolLayer extends Layer { size: number }
interface LeakyLayer extends Layer { slope: number }
interface NormLayer extends Layer { epsilon: number }
interface EnsembleLayer extends Layer { members: Layer[][] }

type EncodedLayer = Omit<Layer, "params" | "members"> & {
  params: Record<string, EncodedArray>;
  members?: EncodedLayer[][];
};

/** The forward and backward pass of a kind of layer; d_x is dLoss/dx. */
interface LayerMaths {
  forward(layer: Layer, x: NdArray): NdArray;
  backward(layer: Layer, x: NdArray, y: NdArray, d_y: NdArray): NdArray;
}

/** A block: a layer with weights, and the layers after it up to the next one with weights. */
interface Block {
  index: number;
  layer: Layer; // the first
  ends: Layer; // the last
  first: number; // their indices
  last: number;
  kinds: string[];
  units: number;
  isImages: boolean;
}

type UnitEdit = [layer: number, unit: number, number: number];

/** Edits of a model: units switched off, biases shifted, weights scaled, pruned or made noisy. */
interface Edits {
  off: [layer: number, unit: number][];
  shifts: UnitEdit[];
  scales: UnitEdit[];
  prune: number;
  noise: number;
}

// --- requests of the views ----------------------------------------------------------------------

/** An image of a dataset with its label. */
interface Digit {
  pixels: Pixels;
  label: number;
}

/** An image with the number that it was sorted by: a distance, or the activation of a unit. */
interface RankedDigit extends Digit {
  number: number;
}

/** A model in JSON, from the server or from an exported page. */
interface EncodedModel {
  run: string;
  classes: string[];
  members: string[]; // names of the members of an ensemble
  layers: EncodedLayer[];
}

interface Accuracy {
  correct: number;
  count: number;
  looks: number;
}

/** A stroke on the board, in pixels of the board. */
interface Stroke {
  width: number;
  points: Point[];
}

/** A drawing from the board of Draw. */
interface Drawing {
  toBlob(): Promise<Blob>;
  toGrey(): { side: number; grey: Uint8ClampedArray | Uint8Array };
}

interface ImageQuestion {
  pixels: number[];
  member: number | null;
}
interface AttributionQuestion extends ImageQuestion {
  target: number;
  against: number | null;
  method: string;
}
interface ChangeQuestion extends ImageQuestion {
  target: number;
}

/** An image that is predicted as another class, and its distance from the original. */
interface ChangedImage {
  image: NdArray;
  distance: number;
}

interface NearestDigits {
  of: number;
  pixels: RankedDigit[];
  hidden?: RankedDigit[] | null;
}

/** The digits in an image file, and notes on an unusual scale of its grey levels. */
interface PreparedFile {
  digits: Pixels[];
  notes: string[];
}

/** A network and the computations on it: from the lab's server, or inside an exported page. */
interface NetworkSource extends Omit<EncodedModel, "layers"> {
  layers: Layer[];
  prepare(board: Drawing): Promise<Pixels[]>;
  prepareFile(file: File): Promise<PreparedFile>;
  digit(split?: string, index?: number | null): Promise<Digit>;
  exciting(layer: number, unit: number, member: number | null): Promise<{ digits: RankedDigit[]; of: number }>;
  accuracy: ((edits: Edits, member: number | null) => Promise<Accuracy>) | null;
  save: ((edits: Edits, member: number | null, name: string | null) => Promise<string>) | null;
  contributions(question: AttributionQuestion): Promise<NdArray>;
  smallestChange(question: ChangeQuestion): Promise<ChangedImage | null>;
  nearest(question: ImageQuestion): Promise<NearestDigits>;
}

/** The lab's server. It sends JSON, and the caller names the expected type. */
interface Api {
  get<Value>(path: string): Promise<Value>;
  post<Value>(path: string, value?: object): Promise<Value>;
  patch<Value>(path: string, value: object): Promise<Value>;
  send<Value>(path: string, blob: Blob): Promise<Value>;
  listen<Event extends { type: string }>(path: string, listener: StreamListener<Event>): () => void;
}

interface StreamListener<Event> {
  onEvent(event: Event, id: string): void;
  onState?(state: "open" | "waiting" | "closed"): void;
}

/** A run in the list of all runs. */
interface RunSummary {
  name: string;
  problem: string | null;
  validation_accuracy: number | null;
  members: string[];
}

/** The arguments of a view. */
interface ViewContext {
  readonly run: string; // the chosen run; "" if there are no runs
  readonly runs: RunSummary[];
  readonly source?: NetworkSource; // of an exported page, which has no server
  chooseRun(name: string, options?: { remount?: boolean }): void;
  refreshRuns(): Promise<unknown>;
  onTheme(listener: () => void): void;
}

/** A module of views/: `mount` shows it and returns a function that stops it. */
interface View {
  title: string;
  about: string;
  mount(root: HTMLElement, context: ViewContext): () => void;
}

/** Images with their labels and the predictions of a run (views/explore/images.js). */
interface ImageSet {
  split: string;
  corruption: Corruption | null;
  classes: string[];
  count: number; // in the split, of which `shown` are loaded
  shown: number;
  looks: number | null;
  methods: ProjectionMethod[];
  corruptions: CorruptionKind[];
  labels: Int32Array;
  predictions: Int32Array;
  confidence: Float64Array;
  mistakes: number;
  order: number[]; // mistakes first
  confusion: Int32Array; // classes x classes, flattened
  curve: Point[]; // risk-coverage curve
  scores(index: number): Float32Array;
  pixels(index: number): Pixels;
  isMistake(index: number): boolean;
}

interface Corruption {
  name: string;
  strength: number;
}
interface CorruptionKind {
  name: string;
  levels: number[];
  unit: string;
}
interface ProjectionMethod {
  name: string;
  title: string;
  is_there: boolean;
  install: string;
}

/** A filter of images; null: any class. */
interface ImageFilter {
  show: "all" | "mistakes" | "correct" | "abstained";
  label: number | null;
  prediction: number | null;
}

/** The film of a run, or an estimate for making one (network/lab/films.py). */
interface Film {
  run: string;
  classes: string[];
  epochs: number[];
  history: Epoch[];
  is_whole: boolean;
  shows_the_run: boolean | null;
  done: number; // epochs of the run
  seconds: number;
  bytes: number;
  problem: string; // why no film can be made, or ""
  making: string;
}

/** A frame of a film: the state after an epoch, and the predictions that changed in it. */
interface Frame {
  epoch: number;
  right: number;
  count: number;
  pictures: EncodedPictures;
  flips: Record<"put_right" | "put_wrong" | "other_wrong", Flips>;
}
interface Flips {
  count: number; // of all; the first ones are listed
  labels: number[];
  was: number[];
  now: number[];
  images: EncodedArray<"uint8">;
}

/** The form of a new training run (network/lab/form_options.py). */
interface FormOptions {
  presets: Preset[];
  defaults: Record<string, unknown>;
  fields: FieldOptions[];
  live: FieldOptions[]; // those that can be changed while a run is trained
  suitable: { loss: string; optimizer: string; learning_rate: number; weight_decay: number }[];
}

/** A field of the form: one training option, as declared by the server. */
interface FieldOptions {
  name: string;
  label: string;
  kind: "text" | "number" | "choice";
  choices: string[];
  default: string; // words if it has no fixed value
  help?: string;
  group?: string;
  is_basic?: boolean; // shown without opening "More settings"
  slider?: { low: number; high: number; scale: "linear" | "logarithmic"; lacks: string } | null;
}

interface Preset {
  name: string;
  about: { what: string; reaches: string; time: string };
  values: Record<string, unknown>;
}

// --- events of a training run (network/lab/training_process.py) ---------------------------------

/** A point of the loss curve: the last step, the mean loss, and the number of steps in it. */
type LossPoint = [step: number, mean: number, count: number];
type Point = [x: number, y: number];

/** Settings that can change during training, by name; null: not part of this model or optimizer. */
interface LiveSettings {
  learning_rate: number;
  [name: string]: unknown;
}

/** A finished epoch (network/training/state.py). */
interface Epoch {
  epoch: number;
  step: number;
  loss: number;
  validation_loss: number | null;
  validation_accuracy: number | null;
  learning_rate: number;
  seconds: number;
}

interface SettingsChange {
  step: number;
  epoch: number;
  values: Record<string, unknown>;
}

interface BeginEvent {
  type: "begin";
  run: string;
  sizes: string;
  layers: string[];
  params: number;
  images?: number; // training images, if this lab trains the run
  held_out?: number;
  configuration: { loss: string; batch_size: number; learning_rate: number };
  controls: LiveSettings | null;
  epochs: number;
  history: Epoch[];
  changes: SettingsChange[];
}
interface StateEvent {
  type: "state";
  state: RunState;
  message?: string;
  kind?: string; // of the error
}
interface ProgressEvent {
  type: "progress";
  step: number;
  epoch: number;
  losses: LossPoint[];
  learning_rate: number;
  steps_a_second: number;
  layers?: { name: string; gradient: number | null; dead: number | null }[];
}
type EpochEvent = Epoch & { type: "epoch" };
type ChangeEvent = SettingsChange & { type: "change"; controls: LiveSettings; epochs: number };
interface PaceEvent { type: "pace"; steps_a_second: number | null }
interface ProblemEvent { type: "problem"; message: string }
interface EndEvent { type: "end" }

type TrainingEvent =
  | BeginEvent | StateEvent | ProgressEvent | EpochEvent | ChangeEvent | PaceEvent | ProblemEvent | EndEvent;

type RunState = "training" | "paused" | "ended" | "stopped" | "failed" | "watched" | "";

/** A layer with weights: its gradient norm at each measurement, and its share of dead units. */
interface LayerHistory {
  name: string;
  gradients: Point[];
  gradient: number | null;
  dead: number | null;
}

/** A training run, built from its events (views/train/training_run.js). */
interface Run {
  name: string;
  log: string; // the name of the stream of events
  last: string; // the id of the last event
  state: RunState;
  message: string;
  failure: string; // the kind of error that stopped it
  begin: BeginEvent | null;
  controls: LiveSettings | null;
  epochs: number; // planned
  epochsDone: Epoch[];
  losses: LossPoint[];
  usual: number; // steps per point of the loss curve
  layers: LayerHistory[];
  changes: SettingsChange[];
  rate: ProgressEvent | null;
  speed: number | null; // steps per second; null: maximum
  step: number;
  stop: (() => void) | null; // closes the stream of events
}

/** A run in the charts; `index` sets its colour. */
interface ShownRun {
  run: Run;
  index: number;
}

/** The weights of a layer in bins from -limit to limit; null if the initial weights are unknown. */
interface Histogram {
  name: string;
  limit: number;
  now: number[];
  spread: number;
  start: number[] | null;
  spread_at_start: number | null;
}

type EncodedPictures = EncodedArray<"int8"> & { limit: number };

/** First-layer weights as pictures; 127 means `limit`. */
interface WeightPictures extends NdArray<Int8Array> {
  limit: number;
}

/** The weighted sum of a unit, and the later layers of its block; y is null after pooling. */
interface WeightedSum {
  terms: { name: string; x: number; weight: number; value: number }[];
  bias: number;
  sum: number;
  then: { kind: string; y: number | null }[];
}

/** The unit shown in Draw, in the edited network. */
interface UnitState {
  layers: Layer[];
  outputs: NdArray[] | null; // null while nothing is drawn
  block: Block;
  unit: number;
  edits: Edits;
  classes: string[] | null; // in the last block
  member: number | null;
  effect: string; // of the edits, as text
}

/** A picture in the view Explain, and the prediction of the network. */
interface Explained {
  pixels: Pixels;
  layers: Layer[];
  member: number | null;
  prediction: number;
  values: Float32Array; // the scores
}

/** A colour scale: ink from 0, or blue and red around 0. */
type Scale = "ink" | "diverging";

/** A term of a sum; `parts` are its factors, as in "0.50 × −1.20". */
interface NamedTerm {
  name: string;
  parts: string;
  value: number;
}

/** The topic of a lesson of Step by step: one output number of a layer. */
interface LessonTopic {
  layers: Layer[];
  outputs: NdArray[]; // of forward()
  index: number; // of the layer
  cell: number; // index of the number
  classes: string[];
  members: string[];
  label: number | null; // true class of the picture, if known
}

/** A lesson: the result of its steps, and a sentence and pictures for each step. */
interface Lesson {
  value: number;
  steps: LessonStep[];
}
interface LessonStep {
  text: string;
  show: (HTMLElement | SVGElement)[];
}

/** The geometry of a chart: its edges in pixels, the ranges of its axes, and conversions. */
interface Plot {
  width: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  x0: number;
  x1: number;
  y0: number;
  y1: number;
  x(x: number): number;
  y(y: number): number;
  invert(at: number): number;
}

// --- elements -----------------------------------------------------------------------------------

/** The element that h() builds for a tag. */
type ElementOf<Tag extends string> = Tag extends keyof HTMLElementTagNameMap ? HTMLElementTagNameMap[Tag]
  : Tag extends keyof SVGElementTagNameMap ? SVGElementTagNameMap[Tag] : HTMLElement;

/** A child for h() and fill(); null and false add nothing. */
type Child = Node | string | number | boolean | null | undefined | readonly Child[];

/** Attributes of h(): `on...` are listeners, `style` is an object of properties. */
interface Attributes {
  [name: string]: unknown;
  style?: Record<string, string | number>;
  onclick?(event: MouseEvent): void;
  onchange?(event: Event): void;
  oninput?(event: Event): void;
  onkeydown?(event: KeyboardEvent): void;
  onsubmit?(event: SubmitEvent): void;
}
